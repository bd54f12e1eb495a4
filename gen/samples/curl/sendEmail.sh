curl --fail-with-body "$COUNSEL_URL/api/email/send" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{
    "to": ["ada@example.com"],
    "subject": "Your appointment",
    "bodyText": "Dear Ada,\n\nWe meet on Monday at ten."
  }'
