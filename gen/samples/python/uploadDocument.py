import os
from pathlib import Path

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.upload_document(("contract.pdf", Path("contract.pdf").read_bytes()))
    print(result)
