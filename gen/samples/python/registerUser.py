import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    result = counsel.register_user(
        models.RegisterRequest(
            email="ada@example.com", password="correct horse battery", full_name="Ada Lovelace"
        )
    )
    print(result)
