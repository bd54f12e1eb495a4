curl --fail-with-body --get "$COUNSEL_URL/api/jobs" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --data-urlencode "status=failed"
