import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.get_registered_company("gleif", "529900NORTHWIND00132")
    print(result)
