curl --fail-with-body "$COUNSEL_URL/api/auth/email/verify" \
  --header "Content-Type: application/json" \
  --data '{
    "token": "AZq0yS8NfQuKNX8d4MG5qgn4bQgYhMfWWaLqgxVrQFaOTxsrC4Is0V1sFbDwCgg0"
  }'
