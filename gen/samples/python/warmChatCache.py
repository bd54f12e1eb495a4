import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    result = counsel.warm_chat_cache(
        models.WarmCacheRequest(
            questions=[
                models.Question(message="How long does an NDA bind me?"),
                models.Question(message="What is a notice period?", locale="de"),
            ]
        )
    )
    print(result)
