import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.create_playbook(
        models.PlaybookContent(
            name="Our terms for NDAs",
            description="We receive information from customers.",
            extends="nda",
            positions=[
                models.PlaybookPosition(
                    clause_type="Non-Compete", severity="high", forbidden=True
                ),
                models.PlaybookPosition(
                    clause_type="Governing Law",
                    severity="medium",
                    required=True,
                    required_terms=["ireland", "engl*"],
                    preferred="The law of Ireland.",
                    fallback="The law of England and Wales.",
                    wording="This Agreement is governed by the law of Ireland.",
                ),
                models.PlaybookPosition(
                    clause_type="Liquidated Damages",
                    severity="high",
                    unacceptable="A penalty without proof of loss.",
                    unacceptable_terms=["contractual penalty"],
                ),
            ],
        )
    )
    print(result)
