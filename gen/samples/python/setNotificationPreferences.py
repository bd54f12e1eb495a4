import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.set_notification_preferences(
        models.NotificationPreferences(
            items=[
                models.NotificationPreference(
                    type="document.uploaded", in_app=True, email=True
                ),
                models.NotificationPreference(
                    type="signature.signed", in_app=False, email=False
                ),
            ]
        )
    )
    print(result)
