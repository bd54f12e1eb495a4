curl --fail-with-body --get "$COUNSEL_URL/api/esign" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --data-urlencode "status=open"
