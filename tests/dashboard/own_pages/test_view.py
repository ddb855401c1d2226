"""What a page of somebody's own says when it fails."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.own_pages.folder import OwnPage, OwnPages
from dashboard.own_pages.view import run, sentence


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = 1\nb = a / 0\n", "line 2: ZeroDivisionError: division by zero"),
        ("def f():\n    {}['x']\nf()\n", "line 2: KeyError: 'x'"),
        ("a = 1\nb = (\n", "line 2: SyntaxError: '(' was never closed"),
        ("raise SystemExit", "line 1: SystemExit"),
        (
            "import json\njson.loads('.')",
            "line 2: JSONDecodeError: Expecting value: line 1 column 1 (char 0)",
        ),
    ],
)
def test_a_failure_is_a_sentence_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    folder = tmp_path / "pages"
    folder.mkdir(mode=0o755)
    page = OwnPage(folder / "mine.py")
    page.path.write_text(text)
    page.path.chmod(0o644)
    with pytest.raises(BaseException) as caught:  # noqa: PT011  # SystemExit among them
        run(OwnPages(tmp_path), page)
    assert sentence(page, caught.value) == f"mine.py, {said}"
