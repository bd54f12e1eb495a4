curl --fail-with-body --request DELETE "$COUNSEL_URL/api/email/suppressions/019ab4d2-3e4f-7051-8c6d-7e8f9a0b1c2d" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
