curl --fail-with-body --request PATCH "$COUNSEL_URL/api/templates/nda" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Content-Type: application/json" \
  --data '{ "sharing": "private" }'
