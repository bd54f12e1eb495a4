curl --fail-with-body "$COUNSEL_URL/api/drafts" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{
    "title": "Notice of termination",
    "body": "# Notice of termination\n\nWe end the agreement of 3 March 2025 with effect from 31 December 2026.",
    "locale": "en-IE"
  }'
