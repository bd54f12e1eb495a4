import os

from counsel import Counsel, models

with Counsel(os.environ["COUNSEL_URL"], api_key=os.environ["COUNSEL_API_KEY"]) as counsel:
    for event in counsel.stream_chat(
        models.ChatRequest(
            user_id="019ab4c2-7c1e-7a52-9a51-3b6a0f1c2d4e",
            message="How long does a non-disclosure agreement usually bind the parties?",
        )
    ):
        if event.type == "delta":
            print(event.text, end="")
