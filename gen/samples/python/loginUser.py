import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    result = counsel.login_user(
        models.LoginRequest(email="ada@example.com", password="correct horse battery")
    )
    print(result)
