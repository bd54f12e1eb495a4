import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    counsel.request_password_reset(models.RequestPasswordResetRequest(email="ada@example.com"))
