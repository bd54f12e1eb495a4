import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    counsel.login(os.environ["COUNSEL_EMAIL"], os.environ["COUNSEL_PASSWORD"])
    result = counsel.export_user("019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e")
    print(result)
