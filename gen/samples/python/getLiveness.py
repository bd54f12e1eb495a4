import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    result = counsel.get_liveness()
    print(result)
