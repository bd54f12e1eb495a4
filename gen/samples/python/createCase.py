import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.create_case(
        models.CreateCaseRequest(
            title="Northwind v. Southwind", description="A dispute about late deliveries."
        )
    )
    print(result)
