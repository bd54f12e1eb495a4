import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    counsel.reset_password(
        models.ResetPasswordRequest(
            token="AZq0yS8NfQuKNX8d4MG5qgn4bQgYhMfWWaLqgxVrQFaOTxsrC4Is0V1sFbDwCgg0",
            password="a new horse battery",
        )
    )
