curl --fail-with-body --request PATCH "$COUNSEL_URL/api/cases/019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b/invoices/019ab4d2-3c4d-7e5f-8a61-728394a5b6d9" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Content-Type: application/json" \
  --data '{ "dueOn": "2026-12-09" }'
