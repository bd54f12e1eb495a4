curl --fail-with-body "$COUNSEL_URL/api/ai/playbooks" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
