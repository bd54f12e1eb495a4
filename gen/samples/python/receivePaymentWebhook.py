import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    counsel.receive_payment_webhook(
        models.ProviderWebhook.model_validate(
            {
                "id": "evt_1",
                "object": "event",
                "type": "checkout.session.completed",
                "livemode": True,
                "data": {"object": {"id": "cs_live_a1", "object": "checkout.session"}},
            }
        )
    )
