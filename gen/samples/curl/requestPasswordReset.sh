curl --fail-with-body "$COUNSEL_URL/api/auth/password/forgot" \
  --header "Content-Type: application/json" \
  --data '{ "email": "ada@example.com" }'
