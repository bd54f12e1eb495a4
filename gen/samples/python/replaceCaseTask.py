import os
from datetime import date

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.replace_case_task(
        "019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b",
        "019ab4d2-3c4d-7e5f-8a61-728394a5b6c7",
        models.CaseTaskContent(
            title="File the defence", due_on=date(2026, 12, 15), status="done"
        ),
    )
    print(result)
