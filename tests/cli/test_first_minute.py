"""The README's first commands, typed into a shell on a terminal of 80 x 24: the whole screen after each."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.docs.shown import Shown, clone, commands
from tests.paths import ROOT
from tests.screen import Screen

ROWS, COLUMNS = 24, 80
PROMPT = "$"
README = (ROOT / "README.md").read_text()
# What "Run it" ends with, as with the environment activated; 9,638 of 262,144 pixels are 4%.
FIRST = Shown(
    "convcli filter sample_images/camera.png --kernel sobel --pad reflect -o edges.png",
    "sample_images/camera.png: 4% of the pixels were cut to fit; --range scale keeps more\nedges.png\n",
)
# Up to the batch of several files; the later ones colour what they show, or fill more than a screen.
TOUR = [one for one in commands(README.partition("report.jsonl")[0]) if one.output is not None]
TYPED = [FIRST, *TOUR]


def rows(text: str) -> list[str]:
    """Return the rows that lines of text take on the screen: a terminal breaks them at its edge alone."""
    return [
        line[at : at + COLUMNS].rstrip()
        for line in text.splitlines()
        for at in range(0, max(len(line), 1), COLUMNS)
    ]


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Screen]:
    """A shell in a fresh clone, with `convcli` on the PATH, that has put out its prompt."""
    program = tmp_path / "bin" / "convcli"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m convcli "$@"\n')
    program.chmod(0o755)
    path = f"{program.parent}{os.pathsep}{os.environ['PATH']}"
    with Screen(
        *("--norc", "--noprofile", "-i"),
        program=["bash"],
        cwd=clone(tmp_path / "clone"),
        rows=ROWS,
        columns=COLUMNS,
        PATH=path,
        PS1=f"{PROMPT} ",
        HISTFILE=os.devnull,
        INPUTRC=os.devnull,
    ) as screen:
        screen.until(lambda lines: lines[-1:] == [PROMPT])
        yield screen


def typed(shell: Screen, command: str) -> list[str]:
    """Return the screen after a command, with the prompt, but without the command if it is still there."""
    echo = rows(f"{PROMPT} {command}")
    shell.press("\x0c")  # Ctrl-L: an empty screen with a prompt
    shell.until(lambda lines: lines == [PROMPT])
    shell.press(f"{command}\n")
    screen = shell.until(lambda lines: len(lines) > 1 and lines[-1] == PROMPT)
    return screen[len(echo) :] if screen[: len(echo)] == echo else screen


def test_the_screen_after_each_of_the_first_commands(shell: Screen) -> None:
    assert len(TYPED) >= 10
    screens = {command: typed(shell, command) for command, _ in TYPED}
    assert screens == {command: [*rows(output or ""), PROMPT] for command, output in TYPED}


def test_a_batch_leaves_paths_one_note_and_counts(shell: Screen, tmp_path: Path) -> None:
    """Of five files two are broken; the bar that was drawn meanwhile leaves nothing behind.

    Steps from 0 to 255 in columns, sharpened by 0 -1 0; -1 5 -1; 0 -1 0: of each row of 8 the two pixels
    beside the step leave the range, 25%.
    """
    folder = tmp_path / "clone" / "five"
    folder.mkdir()
    step = np.repeat(np.uint8([[0] * 4 + [255] * 4]), 6, axis=0)
    for name in "abde":
        Image.fromarray(step).save(folder / f"{name}.png")
    sound = (folder / "b.png").read_bytes()
    (folder / "b.png").write_bytes(sound[: len(sound) // 2])
    (folder / "c.png").write_bytes(b"no picture")
    screen = typed(shell, "convcli filter five --recursive -k sharpen --out-dir out")
    text = "".join(line.ljust(COLUMNS) for line in screen)
    assert [line for line in screen if line.startswith("out/")] == [
        "out/a-sharpen.png",
        "out/d-sharpen.png",
        "out/e-sharpen.png",
    ]
    assert text.count("error: 'five/b.png' ") == text.count("error: 'five/c.png' ") == 1
    assert text.count("were cut to fit") == text.count("25% of the pixels were cut to fit") == 1
    assert screen[-2:] == ["3 done, 2 failed", PROMPT]
    assert "━" not in text
    assert "filtering" not in text


@pytest.mark.parametrize(
    ("command", "begins"), [("convcli", "Usage: convcli "), ("convcli kernels", "smooth identity ")]
)
def test_what_a_first_visit_lists_fits_the_screen(shell: Screen, command: str, begins: str) -> None:
    screen = typed(shell, command)
    assert len(screen) <= ROWS
    assert screen[0].startswith(begins)
    assert screen[-1] == PROMPT
