curl --fail-with-body --request POST "$COUNSEL_URL/api/templates/nda/unpublish" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)"
