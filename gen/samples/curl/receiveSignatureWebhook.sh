curl --fail-with-body "$COUNSEL_URL/api/esign/webhooks/docuseal" \
  --header "Content-Type: application/json" \
  --data '{
    "event_type": "form.viewed",
    "timestamp": "2026-11-25T10:05:00Z",
    "data": { "id": 1, "submission": { "id": 12 } }
  }'
