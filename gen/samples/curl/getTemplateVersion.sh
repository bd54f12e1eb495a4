curl --fail-with-body "$COUNSEL_URL/api/templates/nda/versions/1" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
