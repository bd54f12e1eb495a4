curl --fail-with-body --request PUT "$COUNSEL_URL/api/notifications/preferences" \
  --header "Authorization: Bearer $COUNSEL_API_KEY" \
  --header "Content-Type: application/json" \
  --data '{
    "items": [
      { "type": "document.uploaded", "inApp": true, "email": true },
      { "type": "signature.signed", "inApp": false, "email": false }
    ]
  }'
