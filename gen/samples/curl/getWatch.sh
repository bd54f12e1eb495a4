curl --fail-with-body "$COUNSEL_URL/api/compliance/watches/019ab4e1-2222-7c2d-8e3f-4a5b6c7d8e9f" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
