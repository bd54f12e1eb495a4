import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.create_invoice(
        "019ab4d0-1c2d-7e3f-8a4b-5c6d7e8f9a0b",
        models.CreateInvoiceRequest(
            currency="EUR",
            recipient=models.InvoiceRecipient(name="Ada Lovelace"),
            lines=[
                models.InvoiceLineInput(description="Court fee", quantity="1", unit_price=8900)
            ],
        ),
    )
    print(result)
