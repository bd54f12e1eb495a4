curl --fail-with-body "$COUNSEL_URL/api/notifications/preferences" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
