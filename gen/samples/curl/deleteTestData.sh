curl --fail-with-body --request DELETE "$COUNSEL_URL/api/test-data" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
