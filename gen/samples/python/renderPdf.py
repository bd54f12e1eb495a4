import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.render_pdf(
        models.RenderPdfRequest(
            template_id="nda",
            version="1",
            data={
                "partyA": {
                    "name": "Northwind GmbH",
                    "address": "Gartenweg 7, 80331 Munich, Germany",
                    "representative": "Helen Marsh",
                },
                "partyB": {
                    "name": "Ada Lovelace",
                    "address": "12 St James Square, London SW1Y 4JH, United Kingdom",
                },
                "discloser": "mutual",
                "purpose": "Evaluating a joint product.",
                "effectiveDate": "2026-12-01",
                "termMonths": 24,
                "governingLaw": "Ireland",
            },
            options=models.RenderOptions(draft=True),
        )
    )
    print(result)
