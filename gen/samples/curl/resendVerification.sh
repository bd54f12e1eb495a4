curl --fail-with-body --request POST "$COUNSEL_URL/api/auth/email/resend" \
  --header "Authorization: Bearer $COUNSEL_ACCESS_TOKEN" \
  --header "Idempotency-Key: $(uuidgen)"
