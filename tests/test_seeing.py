"""docs/seeing.md shows what the program prints and draws."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import SAMPLES, Convcli, convcli

__all__ = ["convcli"]

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "seeing.md").read_text("utf-8")


@pytest.fixture
def here(convcli: Convcli) -> Convcli:
    """The program in a folder with the samples, and with what the page's silent commands make."""
    Path("sample_images").symlink_to(SAMPLES)
    for block in re.findall(r"^```sh\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            command, _, file = line.partition(" > ")
            ran = convcli(*shlex.split(command)[1:])
            assert ran.status == 0, ran.err
            if file:
                Path(file).write_bytes(ran.out)
    return convcli


def test_what_is_shown_is_printed(here: Convcli) -> None:
    blocks = re.findall(r"^```console\n\$ (.*?)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert len(blocks) >= 6
    for command, output in blocks:
        ran = here(*shlex.split(command)[1:])
        printed = [line.rstrip() for line in (ran.out.decode() + ran.err).splitlines()]
        assert _rounded(printed) == _rounded(output.splitlines()), command
        assert max(map(len, printed)) <= 80


def _rounded(lines: list[str]) -> list[str]:
    """What is only rounding differs between machines."""
    return [re.sub(r"[\d.]+e-1\d", "tiny", line) for line in lines]


@pytest.mark.usefixtures("here")
def test_the_picture_is_what_its_command_draws() -> None:
    with Image.open(DOCS / "pictures" / "spectrum.png") as shown, Image.open("spectrum.png") as made:
        assert shown.size == made.size
        apart = np.abs(np.asarray(shown, int) - np.asarray(made, int))
    assert apart[60:].max() <= 2, "but for the words about rounding"
    assert (DOCS / "pictures" / "spectrum.png").stat().st_size < 200_000
