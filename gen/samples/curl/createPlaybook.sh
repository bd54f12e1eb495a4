curl --fail-with-body "$COUNSEL_URL/api/ai/playbooks" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{
    "name": "Our terms for NDAs",
    "description": "We receive information from customers.",
    "extends": "nda",
    "positions": [
      { "clauseType": "Non-Compete", "severity": "high", "forbidden": true },
      {
        "clauseType": "Governing Law",
        "severity": "medium",
        "required": true,
        "requiredTerms": ["ireland", "engl*"],
        "preferred": "The law of Ireland.",
        "fallback": "The law of England and Wales.",
        "wording": "This Agreement is governed by the law of Ireland."
      },
      {
        "clauseType": "Liquidated Damages",
        "severity": "high",
        "unacceptable": "A penalty without proof of loss.",
        "unacceptableTerms": ["contractual penalty"]
      }
    ]
  }'
