import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.check_sanctions(
        models.SanctionsCheckRequest(name="Viktor Drosdenko", kind="person", birth_year=1961)
    )
    print(result)
