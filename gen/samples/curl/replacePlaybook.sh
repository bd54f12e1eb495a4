curl --fail-with-body --request PUT "$COUNSEL_URL/api/ai/playbooks/019ab4d9-1111-7c2d-8e3f-4a5b6c7d8e9f" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Content-Type: application/json" \
  --data '{
    "version": 1,
    "playbook": {
      "name": "Our terms for NDAs",
      "positions": [{ "clauseType": "Non-Compete", "severity": "high", "forbidden": true }]
    }
  }'
