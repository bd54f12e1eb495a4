curl --fail-with-body "$COUNSEL_URL/api/templates/nda/versions/1/preview" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Content-Type: application/json" \
  --data '{}'
