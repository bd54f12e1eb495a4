curl --fail-with-body "$COUNSEL_URL/api/invitations" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
