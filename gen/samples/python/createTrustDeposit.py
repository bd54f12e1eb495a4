import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.create_trust_deposit(
        "019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b",
        models.TrustMovementRequest(amount=100000, currency="EUR", reference="Retainer"),
    )
    print(result)
