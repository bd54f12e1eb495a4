curl --fail-with-body --get "$COUNSEL_URL/api/docs" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --data-urlencode "kind=uploaded"
