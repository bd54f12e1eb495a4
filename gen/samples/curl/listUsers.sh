curl --fail-with-body --get "$COUNSEL_URL/api/users" \
  --header "Authorization: Bearer $COUNSEL_ACCESS_TOKEN" \
  --data-urlencode "role=lawyer"
