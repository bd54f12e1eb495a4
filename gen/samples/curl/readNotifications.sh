curl --fail-with-body "$COUNSEL_URL/api/notifications/read-all" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{ "newestId": "019ab4e1-8c2a-7d4b-9f10-7c8b9a0d1e2f" }'
