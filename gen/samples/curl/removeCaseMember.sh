curl --fail-with-body --request DELETE "$COUNSEL_URL/api/cases/019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b/members/019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
