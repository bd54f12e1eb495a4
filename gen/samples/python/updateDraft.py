import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.update_draft(
        "019ab4ca-0b3f-7c5d-9d2e-5a4f3c2b1a09",
        models.UpdateDraftRequest(
            version=1,
            body="# Notice of termination\n\nWe end the agreement of 3 March 2025 with effect from 31 January 2027.",
            note="Longer notice",
        ),
    )
    print(result)
