curl --fail-with-body "$COUNSEL_URL/api/auth/login" \
  --header "Content-Type: application/json" \
  --data '{ "email": "ada@example.com", "password": "correct horse battery" }'
