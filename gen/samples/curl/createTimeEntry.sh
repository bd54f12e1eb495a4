curl --fail-with-body "$COUNSEL_URL/api/cases/019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b/time-entries" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{
    "date": "2026-11-24",
    "minutes": 90,
    "rate": 24000,
    "currency": "EUR",
    "description": "Review of the lease"
  }'
