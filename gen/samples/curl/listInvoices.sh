curl --fail-with-body --get "$COUNSEL_URL/api/cases/019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b/invoices" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --data-urlencode "status=open"
