curl --fail-with-body "$COUNSEL_URL/api/email/suppressions" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
