curl --fail-with-body --no-buffer "$COUNSEL_URL/api/ai/chat" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Accept: text/event-stream" \
  --header "Content-Type: application/json" \
  --data '{
    "userId": "019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e",
    "message": "How long does a non-disclosure agreement usually bind the parties?"
  }'
