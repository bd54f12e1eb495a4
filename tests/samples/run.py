"""Runs Python samples: each line of the input is {"source", "env"}, each line of the output {"output", "error"}."""

import contextlib
import io
import json
import os
import sys

for line in sys.stdin:
    sample = json.loads(line)
    os.environ.update(sample["env"])
    output = io.StringIO()
    error = None
    with contextlib.redirect_stdout(output):
        try:
            exec(compile(sample["source"], "sample", "exec"), {"__name__": "__main__"})
        except Exception as e:
            error = f"{type(e).__name__}: {e} {getattr(e, 'code', '')}"
    print(json.dumps({"output": output.getvalue(), "error": error}), flush=True)
