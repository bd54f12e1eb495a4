curl --fail-with-body "$COUNSEL_URL/api/webhooks" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
