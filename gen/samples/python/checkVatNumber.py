import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.check_vat_number(models.VatCheckRequest(number="FR 40 303 265 045"))
    print(result)
