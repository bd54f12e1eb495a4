curl --fail-with-body "$COUNSEL_URL/api/payments/checkout" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{
    "invoiceId": "019ab4d8-9c0d-7e1f-8a2b-3c4d5e6f7a8c",
    "successUrl": "https://portal.example.com/paid"
  }'
