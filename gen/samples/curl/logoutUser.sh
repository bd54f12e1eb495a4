curl --fail-with-body --request POST "$COUNSEL_URL/api/auth/logout" \
  --header "Authorization: Bearer $COUNSEL_ACCESS_TOKEN"
