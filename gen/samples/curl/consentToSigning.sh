curl --fail-with-body "$COUNSEL_URL/api/esign/signing/consent" \
  --header "Content-Type: application/json" \
  --data '{
    "token": "nV3m8k0bq4yG7fZr1cXwT6uHs2LdJp9aEoKiYxNvB5M",
    "disclosure": "2026-1"
  }'
