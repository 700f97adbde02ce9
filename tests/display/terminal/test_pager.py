"""Long texts go through the pager of the environment, on a terminal of 24 lines and 80 columns."""

import fcntl
import os
import pty
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path
from shutil import which

import pytest

from tests.paths import SAMPLES
from tests.program import PROGRAM

Terminal = Callable[..., tuple[int, str]]
# What a shell script of ours does as a pager: it keeps what it is given, and its LESS.
KEEP = 'cat > "$HERE/seen"; printf %s "$LESS" > "$HERE/options"\n'


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """Run the program on a terminal of its own, and return its status and what was written there."""

    def run(*words: object, keys: bytes = b"", **environment: str) -> tuple[int, str]:
        master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        plain = {
            name: value for name, value in os.environ.items() if name not in ("LESS", "PAGER", "COLUMNS")
        }
        settings = {**plain, "TERM": "xterm-256color", "HERE": str(tmp_path), **environment}
        command = [*PROGRAM, *map(str, words)]
        with subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=settings, start_new_session=True
        ) as program:
            os.close(slave)
            written, end = b"", time.monotonic() + 30
            while time.monotonic() < end:
                try:
                    some = os.read(master, 65536)
                except OSError:  # the last that had the terminal open is gone
                    break
                written += some
                if keys and b"format" in written:
                    os.write(master, keys)
                    keys = b""
                if not some:
                    break
            status = program.wait(timeout=30)
        os.close(master)
        return status, written.decode().replace("\r\n", "\n")

    return run


@pytest.fixture
def keeping(tmp_path: Path) -> Callable[[str], str]:
    """Make a pager of that name that keeps what it gets; `seen` is that."""

    def make(name: str) -> str:
        script = tmp_path / name
        script.write_text(f"#!/bin/sh\n{KEEP}")
        script.chmod(0o755)
        return str(script)

    return make


def test_long_tables_go_through_it_without_colours(terminal: Terminal, keeping, tmp_path: Path) -> None:
    plain = subprocess.run([*PROGRAM, "formats"], capture_output=True, env={**os.environ, "COLUMNS": "80"})
    status, written = terminal("formats", PAGER=keeping("more"))
    assert (status, written) == (0, "")
    assert (tmp_path / "seen").read_bytes() == plain.stdout
    assert plain.stdout.count(b"\n") > 24


def test_less_gets_colours_and_is_told_to_keep_them(terminal: Terminal, keeping, tmp_path: Path) -> None:
    less = keeping("less")
    assert terminal("formats", PAGER=f"{less} -S") == (0, "")
    assert "\x1b[1m" in (tmp_path / "seen").read_text()
    assert (tmp_path / "options").read_text() == "R"
    terminal("formats", PAGER=less, LESS="-iR")
    assert "\x1b[1m" in (tmp_path / "seen").read_text()
    assert (tmp_path / "options").read_text() == "-iR"
    terminal("formats", PAGER=less, LESS="-i")
    assert "\x1b" not in (tmp_path / "seen").read_text()
    terminal("formats", "--no-color", PAGER=less)
    assert "\x1b[3" not in (tmp_path / "seen").read_text()


@pytest.mark.parametrize(
    "words",
    [
        ("kernels", "--all"),
        ("show", SAMPLES / "camera.png", "-k", "sobel-x", "-k", "laplacian"),
        ("explain", SAMPLES / "camera.png", "-k", "gaussian:sigma=4", "--at", "9,9"),
        ("compare", SAMPLES / "camera.png", "-k", "box", "--crop", "8"),
    ],
    ids=lambda words: words[0],
)
def test_every_command_whose_product_is_text(terminal: Terminal, keeping, tmp_path: Path, words) -> None:
    assert terminal(*words, PAGER=keeping("more"))[0] == 0
    assert (tmp_path / "seen").read_text().count("\n") >= 24


def test_what_fits_the_screen_is_printed(terminal: Terminal, keeping, tmp_path: Path) -> None:
    status, written = terminal("show", SAMPLES / "notes-3x3.csv", PAGER=keeping("less"))
    assert (status, "notes-3x3.csv" in written) == (0, True)
    assert not (tmp_path / "seen").exists()


def test_no_pager_without_a_terminal(keeping, tmp_path: Path) -> None:
    ran = subprocess.run(
        [*PROGRAM, "formats"], capture_output=True, env={**os.environ, "PAGER": keeping("less")}
    )
    assert ran.stdout.count(b"\n") > 24
    assert not (tmp_path / "seen").exists()


@pytest.mark.parametrize("pager", ["", "cat", "no-such-pager", "false", "'", "/dev/null"])
def test_none_or_one_that_fails_prints_plainly(terminal: Terminal, pager: str) -> None:
    assert terminal("formats", PAGER=pager) == terminal("formats")
    assert terminal("formats")[0] == 0


@pytest.mark.parametrize("pager", ["head -2", "true", "sh -c 'exit 0'", "sh -c 'exit 130'"])
def test_to_leave_it_early_is_quiet(terminal: Terminal, pager: str) -> None:
    status, written = terminal("formats", PAGER=pager)
    assert (status, written.count("\n")) == (0, 2 if pager.startswith("head") else 0)


@pytest.mark.skipif(which("less") is None, reason="less is not installed")
def test_less_is_left_by_its_key(terminal: Terminal) -> None:
    status, written = terminal("formats", PAGER="less", keys=b"\x03q")  # Ctrl-C first, which less ignores
    assert (status, "Refused by name" in written) == (0, False), "the last lines are not on the first screen"
    assert "Traceback" not in written
    assert "interrupted" not in written
