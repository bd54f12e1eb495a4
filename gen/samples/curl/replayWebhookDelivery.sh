curl --fail-with-body --request POST "$COUNSEL_URL/api/webhooks/019ab4e0-5d11-7c3a-9e0f-6b7a8c9d0e1f/deliveries/019ab4e1-77aa-7b21-9f00-1a2b3c4d5e6f/replay" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)"
