import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    counsel.unlink_party_company(
        "019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b", "019ab4d3-4d5e-7f60-8b72-8394a5b6c7d8"
    )
