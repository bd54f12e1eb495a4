import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    result = counsel.refresh_tokens(
        models.RefreshRequest(
            refresh_token="AZrRkcqheqqSYgGf2Z5sHg.4n3D0pZ8vR1mT6yKq2wXbLhUeJc9sFaGiOoNrMtPdVk"
        )
    )
    print(result)
