curl --fail-with-body "$COUNSEL_URL/api/auth/sessions" \
  --header "Authorization: Bearer $COUNSEL_ACCESS_TOKEN"
