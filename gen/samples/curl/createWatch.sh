curl --fail-with-body "$COUNSEL_URL/api/compliance/watches" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{
    "kind": "company",
    "source": "gleif",
    "companyId": "529900NORTHWIND00132",
    "label": "Northwind"
  }'
