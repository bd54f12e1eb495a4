curl --fail-with-body "$COUNSEL_URL/metrics"
