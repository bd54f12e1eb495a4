import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    result = counsel.consent_to_signing(
        models.SigningConsent(
            token="nV3m8k0bq4yG7fZr1cXwT6uHs2LdJp9aEoKiYxNvB5M", disclosure="2026-1"
        )
    )
    print(result)
