"""docs/seeing.md shows the picture that its command draws; its commands are run by test_pages.py."""

from pathlib import Path

import numpy as np
from PIL import Image

from tests.docs.shown import ROOT, clone, commands, run


def test_the_picture_is_what_its_command_draws(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "seeing.md").read_text("utf-8")
    folder = clone(tmp_path / "clone")
    for command, output in commands(page):
        if output is None:
            run(command, folder)
    picture = ROOT / "docs" / "pictures" / "spectrum.png"
    with Image.open(picture) as shown, Image.open(tmp_path / "clone" / "spectrum.png") as made:
        assert shown.size == made.size
        apart = np.abs(np.asarray(shown, int) - np.asarray(made, int))
    assert apart[60:].max() <= 2, "but for the words about rounding"
    assert picture.stat().st_size < 200_000
