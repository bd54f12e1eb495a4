curl --fail-with-body --get "$COUNSEL_URL/api/payments" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --data-urlencode "status=succeeded"
