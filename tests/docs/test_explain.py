"""docs/explain.md shows every part of `explain`; its commands are run by test_commands.py."""

import re

import pytest

from tests.docs.shown import commands
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "explain.md").read_text("utf-8")


@pytest.mark.parametrize(
    "word",
    [
        "zero",
        "replicate",
        "reflect",
        "symmetric",
        "wrap",
        "valid",
        "--convolve",
        "sobel",
        "--pool",
        "--channel",
        "signal",
        "--lang",
    ],
)
def test_every_part_is_shown(word: str) -> None:
    assert any(word in shown.command for shown in commands(PAGE) if shown.output)


def test_the_screenshot_is_small() -> None:
    links = re.findall(r"\]\((pictures/[^)]+)", PAGE)
    assert links
    for link in links:
        assert (ROOT / "docs" / link).stat().st_size < 250_000
