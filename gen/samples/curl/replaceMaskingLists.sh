curl --fail-with-body --request PUT "$COUNSEL_URL/api/ai/masking-lists" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Content-Type: application/json" \
  --data '{
    "always": [{ "text": "Project Heron", "type": "COMPANY" }],
    "never": ["Alder & Finch LLP"],
    "version": 0
  }'
