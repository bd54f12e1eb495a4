curl --fail-with-body --get "$COUNSEL_URL/api/registry/companies" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --data-urlencode "query=Northwind"
