"""Which files are inputs: what folders and patterns hold, and what of it cannot be read."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convcli.pipeline.batch import find_sources
from tests.program import PROGRAM, Convcli

# Root reads everything; without these rights, it is as other users are.
RIGHTS = "-dac_override,-dac_read_search"
DROP = [shutil.which("setpriv") or "", f"--bounding-set={RIGHTS}", f"--inh-caps={RIGHTS}"]


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pictures in folders, and what only looks like pictures."""
    monkeypatch.chdir(tmp_path)
    for number, name in enumerate(
        ("in/a.png", "in/sub/b.png", "in/sub/deep/c.png", "in/locked/d.png", "e.png")
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((3, 4), number, np.uint8)).save(name)
    os.mkfifo("in/pipe.png")
    os.symlink("/dev/zero", "in/zero.png")
    os.symlink("pipe.png", "in/link-to-pipe.png")
    os.symlink("../e.png", "in/link.png")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("in/socket.png")
    Path("in/folder.png").mkdir()
    for name in ("in/circle", "in/sub/circle", "in/sub/deep/circle"):
        os.symlink("..", name)
    return tmp_path


def found(*inputs: str) -> list[str]:
    return [source.path for source in find_sources(inputs, recursive=True)]


PATTERNS = {
    "in": ["in/a.png", "in/link.png", "in/locked/d.png", "in/sub/b.png", "in/sub/deep/c.png"],
    "in/*.png": ["in/a.png", "in/link.png"],
    "in/**/*.png": ["in/a.png", "in/link.png", "in/locked/d.png", "in/sub/b.png", "in/sub/deep/c.png"],
    "in/**/deep/*.png": ["in/sub/deep/c.png"],
    "in/**/sub/**/*.png": ["in/sub/b.png", "in/sub/deep/c.png"],
    "in/*/?.png": ["in/circle/e.png", "in/locked/d.png", "in/sub/b.png"],
    "in/**": ["in/a.png", "in/link.png", "in/locked/d.png", "in/sub/b.png", "in/sub/deep/c.png"],
    "**/c.png": ["in/sub/deep/c.png"],
    "*/**/c.png": ["in/sub/deep/c.png"],
    "*/**": ["in/a.png", "in/link.png", "in/locked/d.png", "in/sub/b.png", "in/sub/deep/c.png"],
    "*.jpg": ["*.jpg"],
    "in/pipe.png": ["in/pipe.png"],
}


@pytest.mark.usefixtures("folders")
@pytest.mark.parametrize(("pattern", "expected"), PATTERNS.items())
def test_patterns(pattern: str, expected: list[str]) -> None:
    """Regular files and links to them, whatever hangs or has no end; circles of links end."""
    start = time.monotonic()
    assert found(pattern) == expected
    assert time.monotonic() - start < 5


def test_patterns_from_the_root(folders: Path) -> None:
    absolute = str(folders / "in")
    assert found(f"{absolute}/**/c.png") == [f"{absolute}/sub/deep/c.png"]


def test_names_that_look_like_patterns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("[ab]/c").mkdir(parents=True)
    Path("[ab]/c/x.png").touch()
    assert found("**/x.png") == ["[ab]/c/x.png"]
    assert found("[ab]") == ["[ab]/c/x.png"]


@pytest.mark.usefixtures("folders")
def test_a_link_to_nothing_is_an_error(convcli: Convcli) -> None:
    os.symlink("gone.png", "in/dangling.png")
    ran = convcli("filter", "in", "-k", "box", "--recursive", "--out-dir", "d")
    assert ran.status == 1
    (line, summary) = ran.lines
    assert line.startswith("error: 'in/dangling.png' does not exist; hint: it is a link")
    assert summary == "1 of the inputs failed"
    assert len(ran.out.splitlines()) == 5


@pytest.mark.skipif(os.name != "posix", reason="permissions of folders")
@pytest.mark.parametrize(
    ("given", "done"),
    [
        ("in", ["d/a-box.png", "d/link-box.png", "d/sub/b-box.png", "d/sub/deep/c-box.png"]),
        ("in/**/?.png", ["d/a-box.png", "d/b-box.png", "d/c-box.png"]),
        ("in/*/?.png", ["d/e-box.png", "d/b-box.png"]),
        ("in/locked", []),
        ("in/l*/*.png", []),
        ("**/locked/*.png", []),
        ("in/l*/**/*.png", []),
        ("in/locked/*.png", []),
    ],
)
def test_folders_that_may_not_be_read(folders: Path, given: str, done: list[str]) -> None:
    drop = []
    if os.geteuid() == 0:
        if not DROP[0] or subprocess.run([*DROP, "true"], capture_output=True, timeout=60).returncode:
            pytest.skip("root may read everything")
        drop = DROP
    (folders / "in/locked").chmod(0)
    try:
        ran = subprocess.run(
            [*drop, *PROGRAM, "filter", given, "-k", "box", "--recursive", "--out-dir", "d"],
            capture_output=True,
            timeout=60,
        )
    finally:
        (folders / "in/locked").chmod(0o755)
    assert ran.returncode == 1
    assert ran.stdout.decode().split() == done
    line, summary = ran.stderr.decode().splitlines()
    assert line.startswith("error: folder 'in/locked' cannot be read: permission denied; hint: ")
    assert summary == "1 of the inputs failed"


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/urandom"])
@pytest.mark.parametrize("how", ["by name", "stdin"])
def test_devices_without_an_end(tmp_path: Path, name: str, how: str) -> None:
    if not os.path.exists(name):
        pytest.skip(f"no {name}")
    resource = pytest.importorskip("resource")
    with open(name, "rb") as device:
        done = subprocess.run(
            [*PROGRAM, "filter", name if how == "by name" else "-", "-k", "box"],
            stdin=device,
            capture_output=True,
            timeout=60,
            cwd=tmp_path,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (300 << 20, 300 << 20)),
        )
    assert done.returncode == 1
    (line,) = done.stderr.decode().splitlines()
    assert "is a device; hint: " in line


def test_a_device_as_a_kernel(convcli: Convcli, gray: Path) -> None:
    ran = convcli("filter", gray, "-k", "/dev/zero")
    ran.check_refusal(2, "kernel file '/dev/zero' is a device", "name a file")


def test_an_empty_device(convcli: Convcli) -> None:
    convcli("filter", "/dev/null", "-k", "box").check_refusal(1, "'/dev/null' is empty")


@pytest.mark.usefixtures("folders")
def test_pipes_that_a_shell_finds_are_refused_with_recursive(convcli: Convcli) -> None:
    """``--recursive in/*.png`` names the pipe itself, which would be waited for."""
    ran = convcli("pool", "--recursive", "in/a.png", "in/pipe.png", "in/link-to-pipe.png", "--out-dir", "out")
    assert ran.status == 1
    assert ran.lines == [
        *(
            f"error: {name!r} is a pipe or a device; hint: leave --recursive out to read it"
            for name in ("in/pipe.png", "in/link-to-pipe.png")
        ),
        "2 of the inputs failed",
    ]
    assert os.listdir("out") == ["a-max.png"]
