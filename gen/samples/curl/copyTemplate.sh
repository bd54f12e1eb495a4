curl --fail-with-body "$COUNSEL_URL/api/templates/nda/copy" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{ "templateId": "nda-copy" }'
