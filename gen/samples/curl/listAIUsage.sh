curl --fail-with-body "$COUNSEL_URL/api/ai/usage" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
