curl --fail-with-body --request PATCH "$COUNSEL_URL/api/drafts/019ab4ca-0b3f-7c5d-9d2e-5a4f3c2b1a09" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Content-Type: application/json" \
  --data '{
    "version": 1,
    "body": "# Notice of termination\n\nWe end the agreement of 3 March 2025 with effect from 31 January 2027.",
    "note": "Longer notice"
  }'
