curl --fail-with-body "$COUNSEL_URL/api/registry/companies/gleif/529900NORTHWIND00132" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
