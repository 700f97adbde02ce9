"""The commands that a page shows, run as a reader would run them, and their output compared."""

import importlib.util
import itertools
import math
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import pytest

from tests.paths import ROOT, SAMPLES
from tests.program import Ran, invoke

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
            lines = block.replace("\\\n", "").splitlines()
            found += [Shown(line, None) for line in lines if not line.startswith("#")]
            continue
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.replace("\\\n> ", "").partition("\n")
            found.append(Shown(command, output))
    return found


def script(name: str) -> ModuleType:
    """Import a script of docs/, which is no package."""
    found = importlib.util.spec_from_file_location(name, ROOT / "docs" / f"{name}.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def clone(folder: Path) -> Path:
    """Make a folder as a fresh clone has it, as far as the commands look."""
    shutil.copytree(SAMPLES, folder / "sample_images")
    return folder


def run(command: str, folder: Path) -> Ran:
    """Run a line in a folder, 80 columns wide, as bash would; the status is the last that is not 0.

    `convcli` itself runs in this process, as starting another would take longer than most of what it does.
    """
    *parts, last = _pipeline(command)
    last, _, target = last.partition(" > ")
    data, said, status = b"", "", 0
    for part in parts:
        ran = _run(part, folder, data)
        data, said, status = ran.out, said + ran.err, ran.status or status
    ran = _run(last, folder, data)
    if target:
        (folder / target).write_bytes(ran.out)
    return Ran(ran.status or status, ran.out, ran.err, said + (ran.err if target else ran.both))


def check_python(code: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Run a block of Python in a folder; it prints what its comments say, and nothing else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        exec(compile(code, "page", "exec"), {"__name__": "__main__"})
    printed = capfd.readouterr()
    assert printed.err == ""
    shown = [line.removeprefix("# ") for line in code.splitlines() if line.startswith("# ")]
    assert shown
    assert printed.out.splitlines() == shown


def _pipeline(command: str) -> list[str]:
    words = shlex.shlex(command, posix=False, punctuation_chars="|>")
    words.whitespace_split = True
    return [" ".join(part) for bar, part in itertools.groupby(words, "|".__eq__) if not bar]


def _run(part: str, folder: Path, stdin: bytes) -> Ran:
    program, _, words = part.partition(" ")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "80")
        while re.fullmatch(r"[A-Z_]+=\w*", program):  # a variable for this command alone
            patch.setenv(*program.split("="))
            program, _, words = words.partition(" ")
            part = f"{program} {words}"
        if program == "convcli":
            expanded = _bash(f"printf '%s\\0' {words}", b"").stdout.split(b"\0")[:-1]
            return invoke(*map(os.fsdecode, expanded), stdin=stdin)
        done = _bash(part, stdin)
    said = done.stderr.decode()
    return Ran(done.returncode, done.stdout, said, said + done.stdout.decode(errors="replace"))


def _bash(command: str, stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    programs = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-c", command], env=environment, input=stdin, capture_output=True, timeout=180
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
