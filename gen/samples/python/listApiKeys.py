import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    counsel.login(os.environ["COUNSEL_EMAIL"], os.environ["COUNSEL_PASSWORD"])
    for item in counsel.list_api_keys_all():
        print(item)
