import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    content = counsel.get_contract_yaml()
    print(content.data.decode())
