import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.analyze_text(
        models.AnalyzeRequest(
            text="This Agreement shall be governed by the laws of Ireland. The Supplier's liability shall be unlimited.",
            policy="vendor",
        )
    )
    print(result)
