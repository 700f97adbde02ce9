"""The commands that a page shows, run as a reader would run them, and their output compared."""

import math
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.paths import ROOT

NUMBER = r"[-+±]?\d+(?:\.\d+)?(?:e[-+]?\d+)?"
WITHIN = 0.01
TINY = 1e-9


class Shown(NamedTuple):
    """A command of a page; its output is None where the page shows none."""

    command: str
    output: str | None


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def commands(text: str) -> list[Shown]:
    """Return what `sh` and `console` blocks run, in order: later ones use the files of earlier ones."""
    found = []
    for language, block in re.findall(r"^```(sh|console)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        if language == "sh":
            found += [Shown(line, None) for line in block.replace("\\\n", "").splitlines()]
            continue
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.replace("\\\n> ", "").partition("\n")
            found.append(Shown(command, output))
    return found


def clone(folder: Path) -> Path:
    """Make a folder as a fresh clone has it, as far as the commands look."""
    shutil.copytree(ROOT / "sample_images", folder / "sample_images")
    return folder


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, 80 columns wide; stdout and stderr are one."""
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "80"}
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command}"],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=180,
    )


def different(printed: str, shown: str) -> list[tuple[str, str]]:
    """Return the lines that say something else.

    Spaces, rules and times do not count, nor the last digits of what is measured: numbers with decimals may
    differ by 1%, as rounding differs between machines. Whole numbers are exact.
    """
    lines = [[line.rstrip() for line in text.splitlines() if line.strip()] for text in (printed, shown)]
    if len(lines[0]) != len(lines[1]):
        return [("\n".join(lines[0]), "\n".join(lines[1]))]
    return [(one, other) for one, other in zip(*lines, strict=True) if not _same(one, other)]


def _same(one: str, other: str) -> bool:
    words, others = (re.sub(rf"{NUMBER} m?s\b|[─━]+", "", line).split() for line in (one, other))
    return len(words) == len(others) and all(map(_alike, words, others))


def _alike(word: str, other: str) -> bool:
    if re.sub(NUMBER, "#", word) != re.sub(NUMBER, "#", other):
        return False
    return all(map(_near, re.findall(NUMBER, word), re.findall(NUMBER, other)))


def _near(one: str, other: str) -> bool:
    if not any(set(text) & set(".e") for text in (one, other)):
        return one == other
    a, b = (float(text.lstrip("±")) for text in (one, other))
    last = (
        10.0 ** -min(len(text.partition(".")[2]) for text in (one, other)) if "e" not in one + other else 0.0
    )
    return math.isclose(a, b, rel_tol=WITHIN, abs_tol=1.001 * last) or max(abs(a), abs(b)) < TINY
