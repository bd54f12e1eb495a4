curl --fail-with-body --request POST "$COUNSEL_URL/api/webhooks/019ab4e0-5d11-7c3a-9e0f-6b7a8c9d0e1f/rotate-secret" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)"
