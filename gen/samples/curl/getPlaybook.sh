curl --fail-with-body "$COUNSEL_URL/api/ai/playbooks/019ab4d9-1111-7c2d-8e3f-4a5b6c7d8e9f" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
