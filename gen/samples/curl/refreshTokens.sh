curl --fail-with-body "$COUNSEL_URL/api/auth/refresh" \
  --header "Content-Type: application/json" \
  --data '{
    "refreshToken": "AZrRkcqheqqSYgGf2Z5sHg.4n3D0pZ8vR1mT6yKq2wXbLhUeJc9sFaGiOoNrMtPdVk"
  }'
