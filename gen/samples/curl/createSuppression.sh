curl --fail-with-body "$COUNSEL_URL/api/email/suppressions" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{ "address": "gone@example.com" }'
