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

from convcli.pipeline.sources import find_sources
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
    "[x].jpg": ["[x].jpg"],
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


FOLDERS_BELOW = {
    "in": ["", "", "locked", "sub", "sub/deep"],
    "in/**/*.png": ["", "", "locked", "sub", "sub/deep"],
    "**/?.png": ["", "in", "in/locked", "in/sub", "in/sub/deep"],
    "in/s*/*.png": ["sub"],
    "in/sub/*/*.png": ["circle", "circle", "deep"],
    "in/sub/*.png": [""],
    "i?/sub/*.png": ["in/sub"],
    "./in/*/b.png": ["sub"],
    "in/*/../e.png": [],
    "in/*/../../e.png": ["", "", ""],  # not out of the folder for results
    ".h*/*.png": [".hidden"],
    "in/s*": ["sub", "sub/deep"],  # a folder that is matched is walked
}


@pytest.mark.usefixtures("folders")
@pytest.mark.parametrize(("given", "expected"), FOLDERS_BELOW.items())
def test_folders_below_what_is_named(given: str, expected: list[str]) -> None:
    """Results keep the folders below the named one, or below the part of a pattern without wildcards."""
    Path(".hidden").mkdir()
    Path(".hidden/h.png").touch()
    sources = [source for source in find_sources([given], recursive=True) if source.error is None]
    assert [source.folder for source in sources] == expected


@pytest.mark.usefixtures("folders")
def test_files_of_one_name_keep_their_folders(convcli: Convcli) -> None:
    shutil.copy("in/a.png", "in/sub/a.png")
    ran = convcli("filter", "in/a.png", "in/sub/a.png", "-k", "box", "--out-dir", "one")
    assert ran.lines[0] == (
        "error: 'in/sub/a.png': 'one/a-box.png' already holds the result of 'in/a.png'; "
        "hint: write them into different folders; a pattern such as '**/*.png' keeps their own"
    )
    for given in ("in/**/a.png", "**/a.png"):
        ran = convcli("filter", given, "-k", "box", "--out-dir", "out", "--force")
        below = "" if given.startswith("in") else "in/"
        assert ran.status == 0, ran.err
        assert ran.out.decode().split() == [f"out/{below}a-box.png", f"out/{below}sub/a-box.png"]


@pytest.mark.usefixtures("folders")
@pytest.mark.parametrize("options", [[], ["--recursive"]])
@pytest.mark.parametrize(
    ("given", "done"),
    [("in/sub/*.png", ["b"]), ("in/*/?.png", ["e", "d", "b"]), ("in/[ab].png", ["a"]), ("e?png", ["e"])],
)
def test_patterns_that_no_shell_expanded(
    convcli: Convcli, given: str, done: list[str], options: list[str]
) -> None:
    ran = convcli("filter", given, "-k", "box", "--out-dir", "out", *options)
    assert ran.status == 0, ran.err
    assert [Path(path).name for path in ran.out.decode().split()] == [f"{name}-box.png" for name in done]


def test_results_are_no_inputs_of_the_same_batch(convcli: Convcli, gray: Path) -> None:
    Path("in").mkdir()
    gray.rename("in/gray.png")
    ran = convcli("filter", "in", "-k", "box", "--recursive", "--out-dir", "in/z")
    assert (ran.status, ran.out) == (0, b"in/z/gray-box.png\n")


def test_without_a_folder_for_results_their_folders_are_made_here(convcli: Convcli, gray: Path) -> None:
    Path("in/deep").mkdir(parents=True)
    gray.rename("in/deep/gray.png")
    ran = convcli("filter", "in", "-k", "box", "--recursive")
    assert (ran.status, ran.out) == (0, b"deep/gray-box.png\n")


NOTHING = {
    "an empty folder": ("empty", "no pictures found in 'empty'", "files such as .png"),
    "other files": ("other", "no pictures found in 'other'", "name others, such as .csv, one by one"),
    "a pattern": ("empty/*.png", "no pictures found: nothing matches 'empty/*.png'", "'empty/**/*.png'"),
    "a pattern below": ("**/*.gif", "no pictures found: nothing matches '**/*.gif'", "suffix"),
    "a pattern in no folder": ("gone/*.png", "nothing matches 'gone/*.png'", "no folder 'gone'"),
    "a pattern of folders": ("emp*", "no pictures found: nothing matches 'emp*'", ""),
}


@pytest.mark.parametrize(("given", "says", "hint"), NOTHING.values(), ids=NOTHING)
@pytest.mark.parametrize("command", ["filter", "show"])
def test_no_pictures(convcli: Convcli, command: str, given: str, says: str, hint: str) -> None:
    Path("empty").mkdir()
    Path("other/deep").mkdir(parents=True)
    for name in ("a.txt", "deep/b.csv", "Makefile"):
        Path("other", name).touch()
    convcli(command, given, "-k", "box", "--recursive").check_refusal(1, says, hint)
    if "*" in given and given != "emp*":
        convcli(command, given, "-k", "box").check_refusal(1, says, hint)


def test_an_empty_folder_among_others_is_one_failure(convcli: Convcli, gray: Path) -> None:
    Path("empty").mkdir()
    ran = convcli("filter", gray, "empty", "-k", "box", "--recursive")
    assert (ran.status, ran.out) == (1, b"gray-box.png\n")
    assert [line.partition(";")[0] for line in ran.lines] == [
        "error: no pictures found in 'empty'",
        "1 done, 1 failed",
    ]


def test_brackets_that_are_part_of_a_name(convcli: Convcli, gray: Path) -> None:
    """``photo[1].png`` is that file if it is there, else what it matches, else a file that is missing."""
    convcli("filter", "gray[1].png", "-k", "box").check_refusal(1, "'gray[1].png' does not exist")
    shutil.copy(gray, "gray1.png")
    assert convcli("filter", "gray[1].png", "-k", "box").out == b"gray1-box.png\n"
    shutil.copy(gray, "gray[1].png")
    assert convcli("filter", "gray[1].png", "-k", "box").out == b"gray[1]-box.png\n"


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        (["filter", ".", "-k", "box"], "--recursive"),
        (["pool", "*d", "--out-dir", "o"], "--recursive"),
        (["learn", ".", "gray.png"], "name a file"),
    ],
)
def test_a_folder_is_answered_with_what_the_command_has(
    convcli: Convcli, gray: Path, args: list[str], hint: str
) -> None:
    Path("d").mkdir()
    gray.rename("d/gray.png")
    ran = convcli(*args)
    ran.check_refusal(1, "is a folder", hint)
    assert ("--recursive" in ran.err) == (hint == "--recursive")


@pytest.mark.usefixtures("folders")
def test_a_link_to_nothing_is_an_error(convcli: Convcli) -> None:
    os.symlink("gone.png", "in/dangling.png")
    ran = convcli("filter", "in", "-k", "box", "--recursive", "--out-dir", "d")
    assert ran.status == 1
    (line, summary) = ran.lines
    assert line.startswith("error: 'in/dangling.png' does not exist; hint: it is a link")
    assert summary == "5 done, 1 failed"
    assert len(ran.out.splitlines()) == 5


@pytest.mark.skipif(os.name != "posix", reason="permissions of folders")
@pytest.mark.parametrize(
    ("given", "done"),
    [
        ("in", ["d/a-box.png", "d/link-box.png", "d/sub/b-box.png", "d/sub/deep/c-box.png"]),
        ("in/**/?.png", ["d/a-box.png", "d/sub/b-box.png", "d/sub/deep/c-box.png"]),
        ("in/*/?.png", ["d/circle/e-box.png", "d/sub/b-box.png"]),
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
    line, *summary = ran.stderr.decode().splitlines()
    assert line.startswith("error: folder 'in/locked' cannot be read: permission denied; hint: ")
    assert summary == ([f"{len(done)} done, 1 failed"] if done else [])


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
        "1 done, 2 failed",
    ]
    assert [path.name for path in Path("out").glob("[!.]*")] == ["a-max.png"]
