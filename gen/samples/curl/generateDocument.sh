curl --fail-with-body "$COUNSEL_URL/api/ai/generate-document" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{
    "type": "nda",
    "inputs": {
      "partyA": {
        "name": "Northwind GmbH",
        "address": "Gartenweg 7, 80331 Munich, Germany",
        "representative": "Helen Marsh"
      },
      "partyB": { "name": "Ada Lovelace" },
      "discloser": "mutual",
      "purpose": "Evaluating a joint product.",
      "effectiveDate": "2026-12-01",
      "termMonths": 24,
      "governingLaw": "Ireland"
    },
    "tone": "plain",
    "locale": "en-GB",
    "policy": "nda"
  }'
