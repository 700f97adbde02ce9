"""Every system call of a write fails, at every index: an output then holds all, or what it held before.

First in this process, where Python's functions stand for the calls; then, where strace may be used, the calls
of processes.
"""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from convcli import atomic_write, temporary_files
from convcli.atomic_write import write_bytes
from convcli.errors import OutputError
from tests.program import PROGRAM, Convcli

# Functions that make the system calls of a write, and the errors that each call may have.
CALLS = ("open", "write", "fsync", "link", "replace", "chmod", "fchown", "fstat", "close")
ERRORS = ("ENOSPC", "EIO", "EINTR", "EDQUOT", "EBADF", "EFBIG", "EACCES", "EROFS", "EPERM", "EOPNOTSUPP")
# Bytes that one call of write takes, so that there are several.
PIECE = 400


class Faults:
    """Stands in for functions of `os`: the call of one of them with a certain index fails."""

    def __init__(self, patch: pytest.MonkeyPatch, name: str, index: int, failure: BaseException) -> None:
        self.calls = 0
        for each in CALLS:
            patch.setattr(os, each, self._wrapped(each, getattr(os, each), name, index, failure))

    def _wrapped(
        self, each: str, plain: Callable[..., Any], name: str, index: int, failure: BaseException
    ) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            if each == name:
                self.calls += 1
                if self.calls == index + 1:
                    if each == "close":
                        plain(*args, **options)
                    raise failure
            if each == "write":
                args = (args[0], bytes(args[1][:PIECE]))
            return plain(*args, **options)

        return call


@contextmanager
def fault(name: str, index: int, failure: BaseException) -> Iterator[Faults]:
    with pytest.MonkeyPatch.context() as patch:
        yield Faults(patch, name, index, failure)


def os_error(name: str) -> OSError:
    number = getattr(errno, name)
    return OSError(number, os.strerror(number))


DATA = bytes(range(256)) * 6


@pytest.mark.parametrize("before", [None, b"before"], ids=["new", "there"])
@pytest.mark.parametrize("error", ERRORS)
@pytest.mark.parametrize("call", CALLS)
def test_each_call_of_a_write(tmp_path: Path, call: str, error: str, before: bytes | None) -> None:
    path = tmp_path / "out"
    failures = 0
    for index in range(100):
        path.unlink(missing_ok=True)
        if before is not None:
            path.write_bytes(before)
        refusal = None
        with fault(call, index, os_error(error)) as faults:
            try:
                write_bytes(path, DATA)
            except OutputError as said:
                refusal = said
        found = path.read_bytes() if path.exists() else None
        assert found == (DATA if refusal is None else before)
        if refusal is not None:
            assert str(path) in refusal.message
            assert refusal.hint
            failures += 1
        assert sorted(os.listdir(tmp_path)) == ([] if found is None else ["out"])
        if faults.calls <= index:
            break
    else:
        pytest.fail("the calls never end")
    # Those that decide: the others have another way, or nothing is lost without them.
    if call in ("write", "fsync") or (call == "replace" and before is not None):
        assert failures


@pytest.mark.parametrize("before", [None, b"before"], ids=["new", "there"])
@pytest.mark.parametrize("call", CALLS)
def test_ctrl_c_at_each_call_of_a_write(tmp_path: Path, call: str, before: bytes | None) -> None:
    path = tmp_path / "out"
    for index in range(100):
        path.unlink(missing_ok=True)
        if before is not None:
            path.write_bytes(before)
        with fault(call, index, KeyboardInterrupt()) as faults:
            try:
                write_bytes(path, DATA)
            except KeyboardInterrupt:
                pass
            else:
                assert faults.calls <= index
        found = path.read_bytes() if path.exists() else None
        assert found in (before, DATA)
        assert sorted(os.listdir(tmp_path)) == ([] if found is None else ["out"])
        if faults.calls <= index:
            break


STACK = 'gray = true\n[[layer]]\ntype = "conv"\nkernel = "box"\n'
# A command that writes each kind of output, the outputs, and their first bytes.
COMMANDS = {
    "filter": (["filter", "a.png", "-k", "box", "-o", "y.png"], ["y.png"], b"\x89PNG"),
    "filter to a folder": (["filter", "a.png", "-k", "box", "--out-dir", "d"], ["d/a-box.png"], b"\x89PNG"),
    "pool": (["pool", "a.png", "-o", "y.npy"], ["y.npy"], b"\x93NUMPY"),
    "run": (["run", "s.toml", "a.png", "-o", "y.json"], ["y.json"], b"["),
    "learn": (["learn", "a.png", "b.png", "--size", "1", "-o", "y.json"], ["y.json"], b"{"),
    "show": (["show", "a.png", "-o", "y.csv"], ["y.csv"], b""),
    "explain": (["explain", "a.png", "-k", "box", "--html", "y.html"], ["y.html"], b"<!doctype"),
    "spectrum": (["spectrum", "a.png", "-k", "box", "-o", "y.png"], ["y.png"], b"\x89PNG"),
    "compare": (["compare", "a.png", "-k", "box", "-o", "y.png"], ["y.png"], b"\x89PNG"),
    "compare to a page": (["compare", "a.png", "-k", "box", "--html", "y.html"], ["y.html"], b"<!doctype"),
    "kernels": (["kernels", "export", "box", "-o", "y.toml"], ["y.toml"], b""),
}


def inputs() -> None:
    pixels = np.random.default_rng(0).integers(1, 255, (12, 16), dtype=np.uint8)
    Image.fromarray(pixels).save("a.png")
    Image.fromarray(255 - pixels).save("b.png")
    Path("s.toml").write_text(STACK)


def parts(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*.part")]


@pytest.mark.parametrize("exists", [False, True], ids=["new", "there"])
@pytest.mark.parametrize(("call", "error"), [("write", "ENOSPC"), ("fsync", "EIO"), ("open", "EDQUOT")])
@pytest.mark.parametrize(("args", "outputs", "first"), COMMANDS.values(), ids=COMMANDS)
def test_commands_whose_write_fails(
    convcli: Convcli,
    tmp_path: Path,
    args: list[str],
    outputs: list[str],
    first: bytes,
    call: str,
    error: str,
    exists: bool,
) -> None:
    inputs()
    if exists and "--out-dir" not in args:
        Path(outputs[0]).write_bytes(b"before")
    before = {path: Path(path).read_bytes() for path in outputs if Path(path).exists()}
    with fault(call, 0, os_error(error)):
        ran = convcli(*args)
    ran.check_refusal(1, f"{outputs[0]!r} cannot be written: ", "")
    assert "; hint: " in ran.err
    assert {path: Path(path).read_bytes() for path in outputs if Path(path).exists()} == before
    assert not parts(tmp_path)
    assert convcli(*args).status == 0
    assert Path(outputs[0]).read_bytes().startswith(first)
    assert Path(outputs[0]).read_bytes() != b"before"


def test_a_disk_that_fills_up_in_the_middle_of_a_batch(convcli: Convcli, tmp_path: Path) -> None:
    """The first result is whole, the second is not there, the third is not begun: it would fail as well."""
    inputs()
    Path("c.png").write_bytes(Path("a.png").read_bytes())
    with fault("fsync", 1, os_error("ENOSPC")):  # one for each file: the folder's names come at the end
        ran = convcli("filter", "a.png", "b.png", "c.png", "-k", "box", "--json")
    assert ran.status == 1
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert [line.get("output") for line in lines] == ["a-box.png", None]
    assert "No space left" in lines[1]["error"]
    assert ran.lines[-1] == "stopped: 1 done, 1 failed, 1 left; hint: free some space"
    assert [path for path in ("b-box.png", "c-box.png") if Path(path).exists()] == []
    assert not parts(tmp_path)


STRACE = shutil.which("strace") or ""


def traced(folder: Path, inject: str, *args: str) -> "subprocess.CompletedProcess[bytes]":
    """Run the program with a fault in its system calls; skip where processes may not be traced."""
    command = [STRACE, "-f", "-qq", "-o", str(folder.parent / "trace"), "-e", f"inject={inject}"]
    tried = subprocess.run([*command[:-2], "true"], capture_output=True, timeout=60)
    if tried.returncode != 0:
        pytest.skip("processes may not be traced here")
    names = inject.partition(":")[0]
    return subprocess.run(
        [*command, "-e", f"trace={names}", *PROGRAM, *args], capture_output=True, timeout=120, cwd=folder
    )


SYSTEM_CALLS = [
    ("fsync:error=EIO:when=1", False, 1),
    ("fsync:error=EIO:when=1", True, 1),
    ("fsync:error=EIO:when=2", True, 0),  # the folder's: the file itself is on the disk
    ("linkat:error=ENOSPC:when=1", False, 1),
    ("linkat:error=EPERM", False, 0),  # no links there: another way
    ("rename,renameat,renameat2:error=EIO", True, 1),
    ("pwrite64,write:error=EINTR:when=1", False, 0),  # Python tries again
    ("fsync:signal=SIGTERM:when=1", False, -signal.SIGTERM),
    ("fsync:signal=SIGTERM:when=1", True, -signal.SIGTERM),
    ("fsync:signal=SIGHUP:when=1", True, -signal.SIGHUP),
    ("fsync:signal=SIGINT:when=1", True, 130),
    ("fsync:signal=SIGKILL:when=1", False, -signal.SIGKILL),
    ("linkat:signal=SIGKILL:when=1", False, -signal.SIGKILL),
]


@pytest.mark.skipif(not STRACE, reason="strace is not installed")
@pytest.mark.parametrize(("inject", "exists", "status"), SYSTEM_CALLS)
def test_system_calls_that_fail(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inject: str, exists: bool, status: int
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    inputs()
    if exists:
        Path("y.png").write_bytes(b"before")
    names = set(os.listdir())
    done = traced(folder, inject, "filter", "a.png", "-k", "box", "-o", "y.png")
    # strace ends as the program does, by the same signal
    assert done.returncode == status, done.stderr
    if status == 0:
        assert Path("y.png").read_bytes().startswith(b"\x89PNG")
        assert set(os.listdir()) == names | {"y.png"}
        assert done.stderr == b""
        return
    left = set(os.listdir()) - names
    assert left == set() or (left == {"y.png"} and "linkat:signal" in inject)
    if exists:
        assert Path("y.png").read_bytes() == b"before"
    if status == 1:
        (line,) = done.stderr.decode().splitlines()
        assert line.startswith("error: ")
        assert "'y.png' cannot be written" in line
        assert "; hint: " in line
    elif status != 130:
        assert done.stderr == (b"interrupted\n" if status == -signal.SIGTERM else b"")


def test_the_list_of_calls_is_complete() -> None:
    """A call that a write makes and this module does not break would go untested."""
    source = "".join(Path(module.__file__).read_text() for module in (atomic_write, temporary_files))
    used = {name for name in dir(os) if f"os.{name}(" in source and callable(getattr(os, name))}
    harmless = {
        "access", "fsdecode", "fspath", "getpid", "kill", "listxattr", "getxattr", "setxattr", "removexattr",
        "lstat", "readlink", "scandir", "stat", "strerror", "uname", "unlink", "urandom",
    }  # fmt: skip
    assert used - harmless == set(CALLS)


def test_files_of_a_limited_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As after ``ulimit -f``: the system sends SIGXFSZ too, which Python ignores."""
    resource = pytest.importorskip("resource")
    monkeypatch.chdir(tmp_path)
    inputs()
    Path("y.png").write_bytes(b"before")
    done = subprocess.run(
        [*PROGRAM, "filter", "a.png", "-k", "box", "-o", "y.png"],
        capture_output=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)),
    )
    assert done.returncode == 1
    (line,) = done.stderr.decode().splitlines()
    assert "'y.png' cannot be written: File too large; hint: " in line
    assert "ulimit -f" in line
    assert Path("y.png").read_bytes() == b"before"
    assert not parts(tmp_path)


@pytest.mark.parametrize("force", [False, True])
def test_processes_that_write_one_derived_name(tmp_path: Path, force: bool) -> None:
    """Without --force one of them makes the file, and the others say that it is there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        inputs()
    code = (
        "import sys, time; from convcli.cli import app, main; import convcli.commands.filter.workflow\n"
        "print('ready', flush=True); sys.stdin.readline(); sys.stdin.close(); main()"
    )
    args = ["filter", "a.png", "-k", "box", *(["--force"] if force else [])]
    running = [
        subprocess.Popen(
            [sys.executable, "-c", code, *args],
            cwd=tmp_path,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for _ in range(5)
    ]
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == b"ready\n"
    ended = [each.communicate(b"\n", timeout=60) for each in running]
    statuses = sorted(each.returncode for each in running)
    assert statuses == ([0] * 5 if force else [0, 1, 1, 1, 1])
    for (_, said), each in zip(ended, running, strict=True):
        if each.returncode:
            (line,) = said.decode().splitlines()
            assert "'a-box.png' is already there; hint: " in line
    assert sorted(os.listdir(tmp_path)) == ["a-box.png", "a.png", "b.png", "s.toml"]
