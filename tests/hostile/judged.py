"""One case in this process: what it did, and what is wrong with that."""

import faulthandler
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.hostile.cases import Case

__all__ = ["HANGS", "SOUND", "Verdict", "judge", "prepare"]

# Seconds of processor time, and bytes of memory, that a case may take.
SECONDS, MEMORY = 2.0, 300 * 1024**2

# Address space that a case may ask for; beyond that, memory is short.
ADDRESSES = 2 * 1024**3

# Bytes of a file, and seconds of a clock, after which a case is ended.
LARGEST_FILE, HANGS = 256 * 1024**2, 15.0

STATUSES = (0, 1, 2)

# Outcomes of which nothing is wrong.
SOUND = ("fine", "refused")

# Events (PEP 578) that start another program.
STARTS = (
    "os.exec",
    "os.posix_spawn",
    "os.spawn",
    "os.system",
    "os.fork",
    "os.forkpty",
    "subprocess.Popen",
    "pty.spawn",
)

started: list[str] = []


class Verdict(NamedTuple):
    """What came of a case: its name, ``fine`` or ``refused``, or what is wrong, and the reason."""

    name: str
    outcome: str
    detail: str = ""

    @property
    def sound(self) -> bool:
        """Whether the program did what it should."""
        return self.outcome in SOUND


def prepare(folder: Path) -> None:
    """Make this process one that runs cases: its output goes to files in the folder."""
    for handle, name in ((0, os.devnull), (1, folder / "stdout"), (2, folder / "stderr")):
        opened = os.open(name, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, handle)
        os.close(opened)
    sys.stdin = open(0, closefd=False)  # noqa: SIM115
    faulthandler.enable(2)
    os.environ.update(COLUMNS="80", TERM="dumb", LC_ALL="C.UTF-8")
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(lambda event, _: started.append(event) if event in STARTS else None)


def judge(case: Case, folder: Path) -> Verdict:
    """Run the program on a case in a new folder below `folder`."""
    here = Path(tempfile.mkdtemp(dir=folder))
    case.write(here)
    os.chdir(here)
    started.clear()
    for handle in (1, 2):
        os.ftruncate(handle, 0)
        os.lseek(handle, 0, os.SEEK_SET)
    begin, before = time.process_time(), _memory("VmRSS")
    status, failed = _run(case)
    seconds, memory = time.process_time() - begin, _memory("VmHWM") - before
    os.chdir(folder)
    shutil.rmtree(here, ignore_errors=True)
    said = os.pread(2, 1 << 20, 0).decode(errors="replace")
    return Verdict(case.name, *_wrong(case, status, failed, said, seconds, memory))


def _run(case: Case) -> tuple[object, str]:
    """Return the status, and the traceback of what was not caught."""
    from tests.program import COMMANDS

    with _limited(), warnings.catch_warnings():
        warnings.simplefilter("always")
        for ignored in (DeprecationWarning, PendingDeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", ignored)
        sys.stdout, sys.stderr = (open(handle, "w", encoding="utf-8", closefd=False) for handle in (1, 2))  # noqa: SIM115
        faulthandler.dump_traceback_later(HANGS, exit=True, file=2)
        try:
            COMMANDS.main(list(case.arguments), prog_name="convcli")
        except SystemExit as end:
            return end.code or 0, ""
        except BaseException:
            return None, traceback.format_exc(limit=-6)
        finally:
            faulthandler.cancel_dump_traceback_later()
            sys.stdout.flush()
            sys.stderr.flush()
    return 0, ""


@contextmanager
def _limited() -> Iterator[None]:
    Path("/proc/self/clear_refs").write_text("5")  # the most memory is counted from here
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (_memory("VmSize") + ADDRESSES, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def _memory(what: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(what):
            return 1024 * int(line.split()[1])
    return 0


def _wrong(
    case: Case, status: object, failed: str, said: str, seconds: float, memory: int
) -> tuple[str, str]:
    lines = said.splitlines()
    if failed:
        return "traceback", failed
    if started:
        return "starts a program", ", ".join(started)
    if status not in STATUSES:
        return "status", f"{status}: {said}"
    if "not enough memory" in said:
        return "memory", f"more than {ADDRESSES >> 20} MB were asked for"
    if status == 0 and (stray := [line for line in lines if not line.startswith(_names(case))]):
        return "stray line", "\n".join(stray)
    if status != 0 and (len(lines) != 1 or not said.startswith("error: ")):
        return "stray line", said
    if any(not c.isprintable() for line in lines for c in line):
        return "raw control", ascii(said)
    if seconds > SECONDS:
        return "slow", f"{seconds:.1f} s; {said}"
    if memory > MEMORY:
        return "memory", f"{memory >> 20} MB; {said}"
    if status != 0 and "; hint: " not in said:
        return "no hint", said
    return ("refused", said) if status else ("fine", said)


def _names(case: Case) -> tuple[str, ...]:
    """What notes begin with: the name of an input, or of a part of it."""
    return tuple(f"{word}: " for word in case.arguments if word.partition(":")[0] in case.files)
