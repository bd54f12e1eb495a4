curl --fail-with-body --get "$COUNSEL_URL/api/drafts" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --data-urlencode "status=reviewed"
