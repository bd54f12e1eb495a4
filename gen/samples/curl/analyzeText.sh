curl --fail-with-body "$COUNSEL_URL/api/ai/analyze" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{
    "text": "This Agreement shall be governed by the laws of Ireland. The Supplier'\''s liability shall be unlimited.",
    "policy": "vendor"
  }'
