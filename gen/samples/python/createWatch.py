import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.create_watch(
        models.CreateWatchRequest(
            kind="company", source="gleif", company_id="529900NORTHWIND00132", label="Northwind"
        )
    )
    print(result)
