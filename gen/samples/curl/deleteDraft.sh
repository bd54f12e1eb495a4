curl --fail-with-body --request DELETE "$COUNSEL_URL/api/drafts/019ab4ca-0b3f-7c5d-9d2e-5a4f3c2b1a09" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
