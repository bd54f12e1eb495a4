import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.get_webhook_delivery(
        "019ab4e0-5d11-7c3a-9e0f-6b7a8c9d0e1f", "019ab4e1-77aa-7b21-9f00-1a2b3c4d5e6f"
    )
    print(result)
