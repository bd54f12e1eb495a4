import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    counsel.read_notifications(
        models.ReadNotificationsRequest(newest_id="019ab4e1-8c2a-7d4b-9f10-7c8b9a0d1e2f")
    )
