curl --fail-with-body --request DELETE "$COUNSEL_URL/api/email/019ab4d1-2d3e-7f40-9b5c-6d7e8f9a0b1c" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
