curl --fail-with-body "$COUNSEL_URL/api/api-keys" \
  --header "Authorization: Bearer $COUNSEL_ACCESS_TOKEN"
