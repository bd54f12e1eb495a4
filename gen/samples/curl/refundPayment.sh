curl --fail-with-body "$COUNSEL_URL/api/payments/019ab4d9-2c3d-7e4f-8a5b-6c7d8e9f0a1b/refund" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{ "amount": 3800, "reason": "Travel was not needed." }'
