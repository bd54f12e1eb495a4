import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.get_email("019ab4d1-2d3e-7f40-9b5c-6d7e8f9a0b1c")
    print(result)
