curl --fail-with-body "$COUNSEL_URL/api/cases/019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b/trust-returns" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{ "amount": 100000, "currency": "EUR", "reference": "Retainer" }'
