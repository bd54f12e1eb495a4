curl --fail-with-body --request PATCH "$COUNSEL_URL/api/webhooks/019ab4e0-5d11-7c3a-9e0f-6b7a8c9d0e1f" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Content-Type: application/json" \
  --data '{ "enabled": true }'
