import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.copy_template("nda", models.CopyTemplateRequest(template_id="nda-copy"))
    print(result)
