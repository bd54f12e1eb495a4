curl --fail-with-body --request DELETE "$COUNSEL_URL/api/cases/019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b/parties/019ab4d3-4d5e-7f60-8b72-8394a5b6c7d8/company" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
