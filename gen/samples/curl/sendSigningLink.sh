curl --fail-with-body "$COUNSEL_URL/api/esign/signing/link" \
  --header "Content-Type: application/json" \
  --data '{
    "trackingId": "019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b",
    "email": "ada@example.com"
  }'
