import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.create_suppression(
        models.CreateSuppressionRequest(address="gone@example.com")
    )
    print(result)
