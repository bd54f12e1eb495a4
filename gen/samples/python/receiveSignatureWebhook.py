import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    counsel.receive_signature_webhook(
        "docuseal",
        models.ProviderWebhook.model_validate(
            {
                "event_type": "form.viewed",
                "timestamp": "2026-11-25T10:05:00Z",
                "data": {"id": 1, "submission": {"id": 12}},
            }
        ),
    )
