curl --fail-with-body "$COUNSEL_URL/api/cases" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{
    "title": "Northwind v. Southwind",
    "description": "A dispute about late deliveries."
  }'
