import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.replace_playbook(
        "019ab4d9-1111-7c2d-8e3f-4a5b6c7d8e9f",
        models.ReplacePlaybookRequest(
            version=1,
            playbook=models.PlaybookContent(
                name="Our terms for NDAs",
                positions=[
                    models.PlaybookPosition(
                        clause_type="Non-Compete", severity="high", forbidden=True
                    )
                ],
            ),
        ),
    )
    print(result)
