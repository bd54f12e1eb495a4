curl --fail-with-body "$COUNSEL_URL/api/payments/webhooks/stripe" \
  --header "Content-Type: application/json" \
  --data '{
    "id": "evt_1",
    "object": "event",
    "type": "checkout.session.completed",
    "livemode": true,
    "data": { "object": { "id": "cs_live_a1", "object": "checkout.session" } }
  }'
