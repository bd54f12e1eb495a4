curl --fail-with-body --request DELETE "$COUNSEL_URL/api/jobs/019ab4d7-3a1b-7c2d-8e3f-4a5b6c7d8e9f" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
