curl --fail-with-body "$COUNSEL_URL/api/webhooks" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{
    "url": "https://crm.example/hooks/counsel",
    "description": "Our CRM",
    "eventTypes": ["case.closed", "document.rendered"]
  }'
