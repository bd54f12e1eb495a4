curl --fail-with-body "$COUNSEL_URL/api/auth/password/reset" \
  --header "Content-Type: application/json" \
  --data '{
    "token": "AZq0yS8NfQuKNX8d4MG5qgn4bQgYhMfWWaLqgxVrQFaOTxsrC4Is0V1sFbDwCgg0",
    "password": "a new horse battery"
  }'
