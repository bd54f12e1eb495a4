import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.check_watch("019ab4e1-2222-7c2d-8e3f-4a5b6c7d8e9f")
    print(result)
