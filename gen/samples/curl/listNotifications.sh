curl --fail-with-body --get "$COUNSEL_URL/api/notifications" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --data-urlencode "unread=true"
