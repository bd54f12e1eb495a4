curl --fail-with-body "$COUNSEL_URL/api/templates/nda" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
