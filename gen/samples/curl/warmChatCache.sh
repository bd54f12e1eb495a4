curl --fail-with-body "$COUNSEL_URL/api/ai/warm-cache" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{
    "questions": [
      { "message": "How long does an NDA bind me?" },
      { "message": "What is a notice period?", "locale": "de" }
    ]
  }'
