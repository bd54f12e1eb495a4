import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.retry_job("019ab4d7-3a1b-7c2d-8e3f-4a5b6c7d8e9f")
    print(result)
