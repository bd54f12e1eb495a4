curl --fail-with-body --request DELETE "$COUNSEL_URL/api/cases/019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b/notes/019ab4d1-2b3c-7d4e-9f50-617283940a1b" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
