import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    for item in counsel.list_invoices_all(
        "019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b", status="open"
    ):
        print(item)
