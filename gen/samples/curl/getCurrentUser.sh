curl --fail-with-body "$COUNSEL_URL/api/auth/me" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
