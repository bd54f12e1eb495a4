curl --fail-with-body "$COUNSEL_URL/api/ai/mask" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Content-Type: application/json" \
  --data '{ "text": "My landlord is Wilhelmina Ferndale. May she keep the deposit?" }'
