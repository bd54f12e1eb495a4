curl --fail-with-body --get "$COUNSEL_URL/api/email" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --data-urlencode "status=queued"
