import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.ping_webhook("019ab4e0-5d11-7c3a-9e0f-6b7a8c9d0e1f")
    print(result)
