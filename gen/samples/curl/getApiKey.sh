curl --fail-with-body "$COUNSEL_URL/api/api-keys/019ab4da-2222-7c2d-8e3f-4a5b6c7d8e9f" \
  --header "Authorization: Bearer $COUNSEL_ACCESS_TOKEN"
