import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.open_checkout(
        models.OpenCheckoutRequest(
            invoice_id="019ab4d8-9c0d-7e1f-8a2b-3c4d5e6f7a8c",
            success_url="https://portal.example.com/paid",
        )
    )
    print(result)
