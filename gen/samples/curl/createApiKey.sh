curl --fail-with-body "$COUNSEL_URL/api/api-keys" \
  --header "Authorization: Bearer $COUNSEL_ACCESS_TOKEN" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{ "name": "Reports", "scopes": ["*:read"] }'
