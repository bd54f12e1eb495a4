curl --fail-with-body --request PATCH "$COUNSEL_URL/api/users/019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e" \
  --header "Authorization: Bearer $COUNSEL_ACCESS_TOKEN" \
  --header "Content-Type: application/json" \
  --data '{ "role": "lawyer" }'
