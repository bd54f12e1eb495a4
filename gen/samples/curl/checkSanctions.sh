curl --fail-with-body "$COUNSEL_URL/api/registry/sanctions-checks" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Content-Type: application/json" \
  --data '{ "name": "Viktor Drosdenko", "kind": "person", "birthYear": 1961 }'
