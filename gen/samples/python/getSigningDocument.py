import os
from pathlib import Path

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    content = counsel.get_signing_document(
        models.SigningToken(token="nV3m8k0bq4yG7fZr1cXwT6uHs2LdJp9aEoKiYxNvB5M")
    )
    Path("document.pdf").write_bytes(content.data)
