curl --fail-with-body "$COUNSEL_URL/api/ai/consultations/019ab4c9-2f0d-7d0b-8a35-7f1de0c1b9aa" \
  --header "Authorization: Bearer $COUNSEL_API_KEY"
