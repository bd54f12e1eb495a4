import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    counsel.get_signing_document_to(
        "document.pdf", models.SigningToken(token="nV3m8k0bq4yG7fZr1cXwT6uHs2LdJp9aEoKiYxNvB5M")
    )
