curl --fail-with-body "$COUNSEL_URL/api/templates" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
