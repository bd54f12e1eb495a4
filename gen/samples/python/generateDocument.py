import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.generate_document(
        models.GenerateDocumentRequest(
            type="nda",
            inputs={
                "partyA": {
                    "name": "Northwind GmbH",
                    "address": "Gartenweg 7, 80331 Munich, Germany",
                    "representative": "Helen Marsh",
                },
                "partyB": {"name": "Ada Lovelace"},
                "discloser": "mutual",
                "purpose": "Evaluating a joint product.",
                "effectiveDate": "2026-12-01",
                "termMonths": 24,
                "governingLaw": "Ireland",
            },
            tone="plain",
            locale="en-GB",
            policy="nda",
        )
    )
    print(result)
