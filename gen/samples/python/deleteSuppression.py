import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    counsel.delete_suppression("019ab4d2-3e4f-7051-8c6d-7e8f9a0b1c2d")
