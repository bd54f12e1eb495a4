curl --fail-with-body --get "$COUNSEL_URL/api/ai/consultations" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --data-urlencode "kind=chat"
