import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.send_emails(
        models.SendEmailsRequest(
            emails=[
                models.SendEmailRequest(
                    to=["ada@example.com"],
                    subject="Our office moves",
                    body_text="We move on Monday.",
                ),
                models.SendEmailRequest(
                    to=["bob@example.com"],
                    subject="Our office moves",
                    body_text="We move on Monday.",
                ),
            ]
        )
    )
    print(result)
