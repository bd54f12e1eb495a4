import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.get_draft_version("019ab4ca-0b3f-7c5d-9d2e-5a4f3c2b1a09", 1)
    print(result)
