import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.preview_template_version("nda", "1", models.PreviewTemplateRequest())
    print(result)
