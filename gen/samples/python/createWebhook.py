import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.create_webhook(
        models.CreateWebhookRequest(
            url="https://crm.example/hooks/counsel",
            description="Our CRM",
            event_types=["case.closed", "document.rendered"],
        )
    )
    print(result)
