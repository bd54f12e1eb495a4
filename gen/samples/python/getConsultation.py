import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.get_consultation("019ab4c9-2f0d-7d0b-8a35-7f1de0c1b9aa")
    print(result)
