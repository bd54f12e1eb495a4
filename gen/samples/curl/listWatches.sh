curl --fail-with-body "$COUNSEL_URL/api/compliance/watches" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
