curl --fail-with-body "$COUNSEL_URL/api/docs" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --form "file=@contract.pdf"
