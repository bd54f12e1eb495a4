"""The Python in the guides and in the client's README is type-checked, with the client. It needs no service."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).parents[3]
CLIENT = ROOT / "gen/python"

# What the code of a guide may use without defining it.
PREAMBLE = "key: str\n"


class TestGuides(unittest.TestCase):
    def test_types(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            found = 0
            for guide in [*(ROOT / "docs").glob("*.md"), CLIENT / "README.md"]:
                for number, code in enumerate(re.findall(r"```python\n(.*?)```", guide.read_text(), re.DOTALL), 1):
                    found += 1
                    Path(folder, f"{guide.stem.replace('-', '_')}_{number}.py").write_text(PREAMBLE + code)
            self.assertGreaterEqual(found, 4)
            command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(CLIENT / ".mypy_cache"), folder]
            environment = {**os.environ, "MYPYPATH": str(CLIENT / "src")}
            checked = subprocess.run(command, cwd=CLIENT, env=environment, capture_output=True, text=True, check=False)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)


if __name__ == "__main__":
    unittest.main()
