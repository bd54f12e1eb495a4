curl --fail-with-body "$COUNSEL_URL/api/webhooks/019ab4e0-5d11-7c3a-9e0f-6b7a8c9d0e1f/replay" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{ "since": "2026-11-24T00:00:00Z" }'
