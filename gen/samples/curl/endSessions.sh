curl --fail-with-body --request DELETE "$COUNSEL_URL/api/auth/sessions" \
  --header "Authorization: Bearer $COUNSEL_ACCESS_TOKEN"
