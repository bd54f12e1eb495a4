import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    result = counsel.decline_signing(
        models.SigningDecline(
            token="nV3m8k0bq4yG7fZr1cXwT6uHs2LdJp9aEoKiYxNvB5M",
            reason="Clause 4 is not what we agreed.",
        )
    )
    print(result)
