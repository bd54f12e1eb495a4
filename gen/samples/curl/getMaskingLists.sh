curl --fail-with-body "$COUNSEL_URL/api/ai/masking-lists" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
