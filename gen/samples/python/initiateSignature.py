import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.initiate_signature(
        models.InitiateSignatureRequest(
            doc_id="019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b",
            workflow="sequential",
            message="Please sign by Friday.",
            signers=[
                models.NewSigner(name="Ada Lovelace", email="ada@example.com", order=1),
                models.NewSigner(name="Grace Hopper", email="grace@example.com", order=2),
            ],
        )
    )
    print(result)
