"""Running the program as users do, in a folder of its own, and what it leaves there."""

import io
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.main import get_command
from typer.testing import CliRunner

from convcli.cli import app


@dataclass(frozen=True)
class Ran:
    status: int
    out: bytes
    err: str
    both: str = ""
    """stdout and stderr in the order in which they were written."""

    @property
    def lines(self) -> list[str]:
        return self.err.splitlines()

    def check_refusal(self, status: int, says: str, hint: str | None = None) -> None:
        """It put out one line, `error: MESSAGE; hint: HINT`; without `hint` given, either may say it."""
        assert self.status == status, self.err
        assert len(self.lines) == 1, self.err
        message, _, advice = self.lines[0].partition("; hint: ")
        assert message.startswith("error: ")
        assert "Traceback" not in message
        assert says in (self.lines[0] if hint is None else message)
        assert hint is None or hint in advice
        assert self.out == b""


Convcli = Callable[..., Ran]
PROGRAM = [sys.executable, "-m", "convcli"]
# Built once, as in a process of the program: to build them takes longer than most of what they do.
COMMANDS = get_command(app)


def invoke(*args: object, stdin: bytes = b"") -> Ran:
    """Run the program in this process; what it does not catch is raised."""
    with CliRunner().isolation(input=stdin) as streams:
        with pytest.raises(SystemExit) as end:
            COMMANDS.main([str(arg) for arg in args], prog_name="convcli")
        sys.stdout.flush()
        sys.stderr.flush()
        out, err, both = (stream.getvalue() for stream in streams)
    status = end.value.code or 0
    assert isinstance(status, int)
    return Ran(status, out, *(text.decode(errors="replace").replace("\r\n", "\n") for text in (err, both)))


def process(*args: str, stdin: bytes = b"", **options: Any) -> subprocess.CompletedProcess[bytes]:
    """Run the program in a process of its own."""
    return subprocess.run([*PROGRAM, *args], input=stdin, capture_output=True, timeout=60, **options)


def pixels(source: str | Path | bytes) -> np.ndarray[Any, Any]:
    """Return the pixels of a picture's file, or of its bytes."""
    with Image.open(io.BytesIO(source) if isinstance(source, bytes) else source) as image:
        return np.asarray(image)


@pytest.fixture
def convcli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Convcli:
    """Call the program in an empty folder; anything that it does not catch is the test's failure."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "dumb")

    return invoke


@pytest.fixture
def snapshot(tmp_path: Path) -> Callable[[], dict[str, bytes]]:
    """Every file below the test's folder with its content: what must not change when something fails."""

    def take() -> dict[str, bytes]:
        return {
            os.path.join(here, name): Path(here, name).read_bytes()
            for here, _, names in os.walk(tmp_path)
            for name in names
            if Path(here, name).is_file()
        }

    return take


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A small RGB picture with every kind of value."""
    pixels = np.random.default_rng(7).integers(0, 256, (24, 31, 3), dtype=np.uint8)
    path = tmp_path / "photo.png"
    Image.fromarray(pixels).save(path)
    return path


@pytest.fixture
def gray(tmp_path: Path) -> Path:
    """A small grey picture."""
    pixels = np.random.default_rng(8).integers(0, 256, (20, 27), dtype=np.uint8)
    path = tmp_path / "gray.png"
    Image.fromarray(pixels).save(path)
    return path


def force_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the program write 24-bit colours, wherever its output goes."""
    for name, value in {"FORCE_COLOR": "1", "TERM": "xterm-256color", "COLORTERM": "truecolor"}.items():
        monkeypatch.setenv(name, value)
