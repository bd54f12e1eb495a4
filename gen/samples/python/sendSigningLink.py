import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    counsel.send_signing_link(
        models.SigningLinkRequest(
            tracking_id="019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b", email="ada@example.com"
        )
    )
