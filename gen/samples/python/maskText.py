import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.mask_text(
        models.MaskRequest(text="My landlord is Wilhelmina Ferndale. May she keep the deposit?")
    )
    print(result)
