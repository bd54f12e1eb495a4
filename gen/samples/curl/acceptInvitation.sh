curl --fail-with-body --request POST "$COUNSEL_URL/api/invitations/019ab4d4-5e6f-7061-8c83-94a5b6c7d8e9/accept" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)"
