import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.render_draft_pdf(
        "019ab4ca-0b3f-7c5d-9d2e-5a4f3c2b1a09",
        models.RenderDraftRequest(version=1, options=models.RenderOptions(page_size="Letter")),
    )
    print(result)
