import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.replace_masking_lists(
        models.ReplaceMaskingListsRequest(
            always=[models.MaskingEntry(text="Project Heron", type="COMPANY")],
            never=["Alder & Finch LLP"],
            version=0,
        )
    )
    print(result)
