import os

from counsel import Counsel

with Counsel(os.environ["COUNSEL_URL"]) as counsel:
    content = counsel.get_metrics()
    print(content.data.decode())
