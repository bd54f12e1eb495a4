curl --fail-with-body "$COUNSEL_URL/api/docs/render-pdf" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Idempotency-Key: $(uuidgen)" \
  --header "Content-Type: application/json" \
  --data '{
    "templateId": "nda",
    "version": "1",
    "data": {
      "partyA": {
        "name": "Northwind GmbH",
        "address": "Gartenweg 7, 80331 Munich, Germany",
        "representative": "Helen Marsh"
      },
      "partyB": {
        "name": "Ada Lovelace",
        "address": "12 St James Square, London SW1Y 4JH, United Kingdom"
      },
      "discloser": "mutual",
      "purpose": "Evaluating a joint product.",
      "effectiveDate": "2026-12-01",
      "termMonths": 24,
      "governingLaw": "Ireland"
    },
    "options": { "draft": true }
  }'
