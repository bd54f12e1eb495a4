curl --fail-with-body "$COUNSEL_URL/api/registry/vat-checks" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Content-Type: application/json" \
  --data '{ "number": "FR 40 303 265 045" }'
