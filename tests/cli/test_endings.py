"""How the program ends: streams that are closed or full, Ctrl-C from the first import to the exit."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.program import PROGRAM, process

FULL = "/dev/full"
# A command line of every command and of each way to print; n.csv and k.csv are numbers.
COMMANDS = [
    ["--help"],
    ["--version"],
    ["filter", "--help"],
    ["filter", "--help-all"],
    ["filter", "--version"],
    ["help", "filter"],
    ["filter", "n.csv", "-k", "box", "--force"],
    ["filter", "n.csv", "-k", "box", "-o", "-"],
    ["pool", "n.csv", "--force"],
    ["run", "s.toml", "n.csv", "-o", "-"],
    ["show", "n.csv"],
    ["show", "n.csv", "--json"],
    ["show", "n.csv", "--preview"],
    ["explain", "n.csv", "-k", "box", "--at", "0,0"],
    ["explain", "n.csv", "-k", "box", "--at", "0,0", "--json"],
    ["explain", "n.csv", "-k", "box", "--html", "-"],
    ["learn", "n.csv", "n.csv", "--size", "1"],
    ["learn", "n.csv", "n.csv", "--size", "1", "-o", "-"],
    ["compare", "n.csv", "-k", "box"],
    ["compare", "n.csv", "-k", "box", "--json"],
    ["spectrum", "n.csv", "-k", "box"],
    ["kernels"],
    ["kernels", "--json"],
    ["kernels", "show", "box"],
    ["kernels", "export", "box"],
    ["--show-completion", "bash"],
]
each_command = pytest.mark.parametrize("args", COMMANDS, ids=" ".join)


@pytest.fixture(autouse=True)
def numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    Path("n.csv").write_text("1,2,3,4\n5,6,7,9\n9,1,2,3\n4,5,6,8\n")
    Path("s.toml").write_text('gray = true\n[[layer]]\ntype = "relu"\n')


def redirected(redirection: str, args: list[str]) -> "subprocess.CompletedProcess[bytes]":
    command = ["sh", "-c", f'exec "$0" "$@" {redirection}', *PROGRAM, *args]
    return subprocess.run(command, capture_output=True, timeout=60)


@each_command
def test_a_closed_stdout(args: list[str]) -> None:
    done = redirected(">&-", args)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.decode().splitlines() if line.startswith("error: ")]
    assert line.startswith("error: stdout is closed; hint: ")
    assert b"Traceback" not in done.stderr


@pytest.mark.skipif(not os.path.exists(FULL), reason="no device that is always full")
@each_command
def test_a_full_stdout(args: list[str]) -> None:
    done = redirected(f">{FULL}", args)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.decode().splitlines() if line.startswith("error: ")]
    assert line.startswith("error: output cannot be written: no space left on device; hint: ")
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


# Command lines that say something on stderr: a note, a table, an error, wrong usage.
TALKING = [
    ["filter", "n.csv", "-k", "laplacian", "-o", "y.png"],
    ["run", "s.toml", "n.csv", "--summary", "-o", "y.npy"],
    ["learn", "n.csv", "n.csv", "--size", "1", "-o", "y.json"],
    ["compare", "n.csv", "-k", "box", "-o", "y.png"],
    ["filter", "gone.png", "n.csv", "-k", "box"],
    ["filter", "n.csv", "--pad", "nowhere"],
    ["--help"],
]


@pytest.mark.parametrize("redirection", ["2>&-", f"2>{FULL}"])
@pytest.mark.parametrize("args", TALKING, ids=" ".join)
def test_stderr_never_changes_the_status(redirection: str, args: list[str]) -> None:
    usual = process(*args)
    files = {path.name: path.read_bytes() for path in Path().iterdir()}
    for path in Path().glob("[!ns]*"):
        path.unlink()
    done = redirected(redirection, [*args, "--force"] if "n-box.csv" in files else args)
    assert done.returncode == usual.returncode
    assert done.stdout == usual.stdout
    assert {path.name: path.read_bytes() for path in Path().iterdir()} == files


def test_closed_streams_lend_their_numbers_to_no_file() -> None:
    """The first file that is opened would get number 0, 1 or 2, and what is printed there."""
    usual = process("filter", "n.csv", "-k", "laplacian", "-o", "y.npy")
    assert usual.returncode == 0
    expected = Path("y.npy").read_bytes()
    done = redirected("<&- 2>&-", ["filter", "n.csv", "-k", "laplacian", "-o", "z.npy", "-v"])
    assert (done.returncode, done.stdout) == (0, b"z.npy\n")
    assert Path("z.npy").read_bytes() == expected
    done = redirected("<&-", ["filter", "-", "-k", "box"])
    assert done.returncode == 1
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("error: ")
    done = redirected(">&-", ["filter", "n.csv", "-k", "box", "-o", "/dev/fd/1", "--format", "npy"])
    assert done.returncode == 1


LINES = [
    ["--help"],
    ["help", "filter"],
    ["pool", "--help-all"],
    ["--version"],
    ["kernels"],
    ["kernels", "--json"],
    ["show", "n.csv"],
]


@pytest.mark.parametrize("args", LINES, ids=" ".join)
def test_a_reader_that_has_gone(args: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([*PROGRAM, *args], stdout=writer, stderr=subprocess.PIPE, timeout=60)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


# The program, with Ctrl-C when a module is looked for.
WHILE_IMPORTING = """
import os, signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == wanted:
            os.kill(os.getpid(), signal.SIGINT)

wanted = sys.argv.pop(1)
from convcli.cli import main
sys.meta_path.insert(0, Interrupting())
main()
sys.exit("no Ctrl-C: the module was not imported")
"""
MODULES = [
    "typer",
    "convcli.cli.group",
    "convcli.pipeline.messages",
    "convcli.commands.filter.command",
    "convcli.commands.filter.workflow",
    "numpy",
    "numpy._core._multiarray_umath",
    "convcli.arrayfiles.read",
]


@pytest.mark.parametrize("module", MODULES)
def test_ctrl_c_while_importing(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WHILE_IMPORTING, module, "filter", "n.csv", "-k", "box"],
        capture_output=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


WAITING_FOR_A_THREAD = """
import os, signal, threading, time

def interrupt():
    threading.main_thread().join()  # until it does nothing but wait for this thread
    for _ in range(600):  # one that comes just before it waits does not wake it
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.1)

threading.Thread(target=interrupt).start()
"""
LAST_OF_ALL = """
import os, signal, sys

class Last:
    def __del__(self, kill=os.kill, process=os.getpid(), number=signal.SIGINT):
        kill(process, number)

sys.last_of_all = Last()  # which goes when the interpreter takes down its modules
"""


@pytest.mark.parametrize(("ending", "status"), [(WAITING_FOR_A_THREAD, 130), (LAST_OF_ALL, 0)])
def test_ctrl_c_at_exit(ending: str, status: int) -> None:
    """The last one finds everything done: it neither kills the process nor changes its status."""
    code = f"{ending}\nfrom convcli.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code, "--version"], capture_output=True, timeout=50)
    assert (done.returncode, done.stderr) == (status, b"")
    assert done.stdout.startswith(b"convcli ")


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_once_and_twice(times: int) -> None:
    """While the input, a pipe that nobody writes to, is waited for; the second ends the wait for threads."""
    os.mkfifo("pipe.png")
    with subprocess.Popen(
        [*PROGRAM, "filter", "n.csv", "pipe.png", "-k", "box"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == b"n-box.csv\n"
        time.sleep(0.2)
        for _ in range(times):
            running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    counts = b"interrupted: 1 done, 1 left\n"
    assert said in ((counts,) if times == 1 else (counts, b""))


WHILE_ENDING = """
import os, signal
from convcli.pipeline import messages
plain = messages.say

def say(text):
    if text == "interrupted":
        os.kill(os.getpid(), signal.SIGINT)
    plain(text)

messages.say = say
from convcli.commands.filter import workflow

def interrupted(*args, **options):
    os.kill(os.getpid(), signal.SIGINT)

workflow.filter_files = interrupted
from convcli.cli import main
main()
"""


def test_ctrl_c_while_the_first_is_answered() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WHILE_ENDING, "filter", "n.csv", "-k", "box"], capture_output=True, timeout=60
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_ctrl_c_that_is_ignored_stays_so() -> None:
    """As of a process that a script put into the background."""
    code = (
        "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_IGN); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    os.mkfifo("pipe.csv")
    with subprocess.Popen(
        [sys.executable, "-c", code, *PROGRAM, "filter", "pipe.csv", "-k", "box"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        with open("pipe.csv", "w") as pipe:  # it has begun to read
            running.send_signal(signal.SIGINT)
            pipe.write("1,2\n3,4\n")
        out, said = running.communicate(timeout=60)
    assert (running.returncode, out, said) == (0, b"pipe-box.csv\n", b"")
