curl --fail-with-body --get "$COUNSEL_URL/api/docs/search" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --data-urlencode 'q=termination notice'
