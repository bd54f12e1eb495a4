import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    for item in counsel.list_webhook_deliveries_all(
        "019ab4e0-5d11-7c3a-9e0f-6b7a8c9d0e1f", status="failed"
    ):
        print(item)
