"""What docs/extending.md shows works as it stands there."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_example_of_the_documentation_can_be_added_and_passes(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    (feature,) = re.findall(r"```gherkin\n(.*?)```", text, re.DOTALL)
    (steps,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (tmp_path / "acme" / "steps").mkdir(parents=True)
    (tmp_path / "acme" / "reader.feature").write_text(feature, encoding="utf-8")
    (tmp_path / "acme" / "steps" / "reading.py").write_text(steps, encoding="utf-8")
    scenario = "added/reader.feature::A <status> meter answers our head-end"

    done = subprocess.run(
        [sys.executable, "-m", "dsp_conformance", "run", "--features", "acme", "--scenario", scenario],
        cwd=tmp_path,
        check=False,
        capture_output=True,
        text=True,
        timeout=200,
    )

    assert "Added scenarios, judged apart: 1 of 1 passed." in " ".join(done.stdout.split())
    assert done.returncode == 5, done.stderr  # a selection of which nothing is the suite's


def test_every_message_that_the_documentation_quotes_is_one_of_the_program() -> None:
    text = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
    quoted = re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)
    program = " ".join(
        re.sub(r'"\s+f?"', "", path.read_text(encoding="utf-8")) for path in (ROOT / "src").rglob("*.py")
    )

    assert len(quoted) == 6
    for message in quoted:
        said = message.replace("@MP105-04", "@{tag}")
        assert said in program, message
