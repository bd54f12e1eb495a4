import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    counsel.login(os.environ["COUNSEL_EMAIL"], os.environ["COUNSEL_PASSWORD"])
    counsel.revoke_api_key("019ab4da-2222-7c2d-8e3f-4a5b6c7d8e9f")
