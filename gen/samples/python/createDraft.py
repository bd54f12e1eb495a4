import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.create_draft(
        models.CreateDraftRequest(
            title="Notice of termination",
            body="# Notice of termination\n\nWe end the agreement of 3 March 2025 with effect from 31 December 2026.",
            locale="en-IE",
        )
    )
    print(result)
