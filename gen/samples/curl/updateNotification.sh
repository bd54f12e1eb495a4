curl --fail-with-body --request PATCH "$COUNSEL_URL/api/notifications/019ab4e1-8c2a-7d4b-9f10-7c8b9a0d1e2f" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Content-Type: application/json" \
  --data '{ "read": true }'
