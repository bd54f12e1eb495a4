curl --fail-with-body "$COUNSEL_URL/api/ai/document-types" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
