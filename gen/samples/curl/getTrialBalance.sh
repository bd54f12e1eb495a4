curl --fail-with-body "$COUNSEL_URL/api/ledger/trial-balance" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
