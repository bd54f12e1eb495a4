import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.send_email(
        models.SendEmailRequest(
            to=["ada@example.com"],
            subject="Your appointment",
            body_text="Dear Ada,\n\nWe meet on Monday at ten.",
        )
    )
    print(result)
