"""docs/explain.md says what the program does."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import SAMPLES, Convcli, convcli

__all__ = ["convcli"]

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "explain.md").read_text("utf-8")


def shown() -> Iterator[tuple[str, list[str]]]:
    """Yield each command with the lines that it prints."""
    for block in re.findall(r"^```console\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        for part in re.split(r"^\$ convcli ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            yield command, [line.rstrip() for line in output.splitlines()]


SHOWN = list(shown())


def between(lines: list[str], first: str, last: str) -> list[str]:
    """Return what ``sed -n '/first/,/last/p'`` does of lines in which both occur once."""
    start = next(at for at, line in enumerate(lines) if re.search(first, line))
    stop = next(at for at, line in enumerate(lines) if at > start and re.search(last, line))
    return lines[start : stop + 1]


@pytest.mark.parametrize(("command", "output"), SHOWN, ids=range(len(SHOWN)))
def test_what_is_shown_is_printed(convcli: Convcli, command: str, output: list[str]) -> None:
    Path("sample_images").symlink_to(SAMPLES)
    words, _, cut = command.partition(" | sed -n ")
    ran = convcli(*shlex.split(words))
    lines = [line.rstrip() for line in (ran.err + ran.out.decode()).splitlines()]
    if cut:
        lines = between(lines, *re.findall(r"/([^/]+)/", cut))
    assert lines == output


def test_every_part_is_shown() -> None:
    assert len(SHOWN) >= 9
    for word in ("zero", "replicate", "reflect", "symmetric", "wrap", "valid", "--convolve", "sobel"):
        assert any(word in command for command, _ in SHOWN), word


def test_the_screenshot_is_there_and_small() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", PAGE)
    assert links
    for link in links:
        assert (DOCS / link).stat().st_size < 250_000
