import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.update_notification(
        "019ab4e1-8c2a-7d4b-9f10-7c8b9a0d1e2f", models.UpdateNotificationRequest(read=True)
    )
    print(result)
