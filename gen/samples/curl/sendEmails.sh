curl --fail-with-body "$COUNSEL_URL/api/email/send-batch" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{
    "emails": [
      {
        "to": ["ada@example.com"],
        "subject": "Our office moves",
        "bodyText": "We move on Monday."
      },
      {
        "to": ["bob@example.com"],
        "subject": "Our office moves",
        "bodyText": "We move on Monday."
      }
    ]
  }'
