import os
from datetime import datetime, timezone

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.replay_webhook(
        "019ab4e0-5d11-7c3a-9e0f-6b7a8c9d0e1f",
        models.ReplayWebhookRequest(since=datetime(2026, 11, 24, 0, 0, tzinfo=timezone.utc)),
    )
    print(result)
