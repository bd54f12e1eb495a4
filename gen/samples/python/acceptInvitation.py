import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.accept_invitation("019ab4d4-5e6f-7061-8c83-94a5b6c7d8e9")
    print(result)
