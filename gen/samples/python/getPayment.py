import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.get_payment("019ab4d9-2c3d-7e4f-8a5b-6c7d8e9f0a1b")
    print(result)
