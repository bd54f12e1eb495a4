import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    counsel.login(os.environ["COUNSEL_EMAIL"], os.environ["COUNSEL_PASSWORD"])
    result = counsel.create_api_key(
        models.CreateApiKeyRequest(name="Reports", scopes=["*:read"])
    )
    print(result)
