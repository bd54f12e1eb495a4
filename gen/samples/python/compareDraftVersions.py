import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.compare_draft_versions(
        "019ab4ca-0b3f-7c5d-9d2e-5a4f3c2b1a09", from_=1, to=2
    )
    print(result)
