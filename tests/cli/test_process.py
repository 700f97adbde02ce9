"""What only a process of its own can show: pipes, signals, imports, terminals, shells."""

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from scipy import ndimage

from convcli.cli.lookup import ABOUT
from tests.program import PROGRAM, Convcli, pixels, process
from tests.screen import Screen


def test_a_pipeline_of_two(gray: Path) -> None:
    blurred = process("filter", "-", "-k", "gaussian:sigma=2", stdin=gray.read_bytes())
    edges = process("filter", "-", "-k", "laplacian", "--range", "abs", stdin=blurred.stdout)
    assert (blurred.returncode, edges.returncode) == (0, 0)
    smooth = ndimage.gaussian_filter(pixels(gray.read_bytes()).astype(float), 2, mode="mirror")
    laplacian = ndimage.correlate(
        np.rint(smooth), np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]), mode="mirror"
    )
    assert np.abs(pixels(edges.stdout) - np.abs(laplacian)).max() <= 8
    assert_array_equal(pixels(blurred.stdout), np.rint(smooth).astype(np.uint8))


def test_floats_between_programs_without_loss(gray: Path) -> None:
    first = process("filter", str(gray), "-k", "sobel-x", "--format", "npy", "-o", "-")
    second = process("filter", "-", "-k", "sobel-y", stdin=first.stdout)
    values = pixels(gray.read_bytes()).astype(float)
    x = ndimage.sobel(values, axis=1, mode="mirror")
    assert_allclose(np.load(io.BytesIO(second.stdout)), ndimage.sobel(x, axis=0, mode="mirror"), atol=1e-2)


def test_stdin_keeps_its_format(gray: Path) -> None:
    buffer = io.BytesIO()
    Image.open(gray).save(buffer, "TIFF")
    done = process("filter", "-", "-k", "box", stdin=buffer.getvalue())
    assert Image.open(io.BytesIO(done.stdout)).format == "TIFF"


def test_a_kernel_from_stdin(gray: Path, tmp_path: Path) -> None:
    done = process(
        "filter", str(gray), "-k", "-", "-o", str(tmp_path / "y.npy"), stdin=b"1 0 -1\n2 0 -2\n1 0 -1\n"
    )
    assert done.returncode == 0, done.stderr
    expected = -ndimage.sobel(pixels(gray.read_bytes()).astype(float), axis=1, mode="mirror")
    assert_allclose(np.load(tmp_path / "y.npy"), expected, atol=1e-3)


@pytest.mark.parametrize("stdin", [b"", b"rubbish"])
def test_bad_stdin(stdin: bytes) -> None:
    done = process("filter", "-", "-k", "box", stdin=stdin)
    assert done.returncode == 1
    assert done.stdout == b""
    assert done.stderr.startswith(b"error: ")
    assert b"stdin" in done.stderr
    assert done.stderr.count(b"\n") == 1


@pytest.fixture(params=["", "1"], ids=["buffered", "unbuffered"])
def buffering(request: pytest.FixtureRequest) -> dict[str, str]:
    return {**os.environ, "PYTHONUNBUFFERED": request.param}


@pytest.fixture
def large(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(0).integers(0, 256, (900, 900), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "large.png")
    return tmp_path / "large.png"


def test_a_slow_reader_gets_every_byte(large: Path, buffering: dict[str, str]) -> None:
    command = [*PROGRAM, "filter", str(large), "-k", "identity", "-o", "-"]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, env=buffering)
    assert writer.stdout is not None
    time.sleep(1)
    with writer.stdout as pipe:
        received = pipe.read()
    assert writer.wait(timeout=60) == 0
    assert_array_equal(pixels(received), pixels(large.read_bytes()))


def test_a_closed_pipe_ends_quietly(large: Path, buffering: dict[str, str]) -> None:
    command = [*PROGRAM, "filter", str(large), "-k", "box", "-o", "-"]
    writer = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=buffering)
    assert writer.stdout is not None
    assert writer.stderr is not None
    writer.stdout.read(10)
    writer.stdout.close()
    assert writer.stderr.read() == b""
    writer.stderr.close()
    assert writer.wait(timeout=60) == 141


def test_closed_stdout(gray: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$0" "$@" >&-', *PROGRAM, "filter", str(gray), "-k", "box", "-o", "-"],
        capture_output=True,
        timeout=60,
    )
    assert done.returncode != 0
    assert done.stderr.count(b"\n") == 1
    assert b"stdout" in done.stderr


def test_ctrl_c_in_the_middle_of_a_batch(tmp_path: Path) -> None:
    """The last input is a pipe that nobody writes to: no batch ends before the signal, on any machine."""
    pixels = np.random.default_rng(0).integers(0, 256, (1500, 1500), dtype=np.uint8)
    names = [f"x{index:03}.png" for index in range(20)]
    Image.fromarray(pixels).save(tmp_path / names[0], compress_level=0)
    for name in names[1:-1]:
        os.link(tmp_path / names[0], tmp_path / name)
    os.mkfifo(tmp_path / names[-1])
    batch = subprocess.Popen(
        [*PROGRAM, "filter", *names, "-k", "log:sigma=3", "-q"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert batch.stdout is not None
    first = batch.stdout.readline()
    time.sleep(0.02)
    batch.send_signal(signal.SIGINT)
    rest, said = batch.communicate(timeout=60)
    assert batch.returncode == 130
    assert said == b"interrupted\n"
    done = (first + rest).decode().split()
    assert 0 < len(done) < len(names)
    left = sorted(path.name for path in tmp_path.iterdir() if path.name not in names)
    assert set(done) <= set(left)
    assert len(left) - len(done) in (0, 1)
    for name in left:
        with Image.open(tmp_path / name) as image:
            image.load()


HELP = """
import io, sys
from contextlib import redirect_stdout
from convcli.cli import app

asked = [["--help"], ["--help-all"], ["--version"], ["help", "kernels", "show"]]
for args in [*asked, *([name, "--help"] for name in sys.argv[1:]), ["pool", "--version"]]:
    with redirect_stdout(io.StringIO()) as shown:
        status = app(args, prog_name="convcli", standalone_mode=False)
    print(*args, status or 0, bool(shown.getvalue()), *sorted({"numpy", "PIL", "rich"} & sys.modules.keys()))
"""


def test_help_imports_neither_numpy_nor_pillow_nor_rich() -> None:
    """One process shows the help of all commands: what none of them has imported, each has not."""
    done = subprocess.run([sys.executable, "-c", HELP, *ABOUT], capture_output=True, timeout=60, text=True)
    asked = ["--help", "--help-all", "--version", "help kernels show"]
    asked += [*(f"{name} --help" for name in ABOUT), "pool --version"]
    assert done.stdout.splitlines() == [f"{args} 0 True" for args in asked], done.stderr


def test_a_command_imports_only_what_it_uses(gray: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *PROGRAM[1:], "filter", str(gray), "-k", "box", "-o", "y.png"],
        capture_output=True,
        timeout=60,
        cwd=tmp_path,
    )
    imported = {line.rsplit(b"|", 1)[-1].strip().decode() for line in done.stderr.splitlines()}
    assert "convcli.engine.correlation.correlate" in imported
    unwanted = {"pydantic", "rich.console", "tifffile", "imagecodecs", "numpy.random", "csv", "json"}
    unwanted |= {f"convcli.commands.{name}.command" for name in ABOUT if name != "filter"}
    unwanted |= {
        f"convcli.imaging.reading.{kind}" for kind in ("bmp_file", "fits", "gif_file", "sgi", "tiff")
    }
    unwanted |= {"convcli.imaging.geotiff", "convcli.imaging.reading.webp_file", "convcli.arrayfiles.archive"}
    assert not imported & unwanted


def test_version() -> None:
    import convcli

    assert process("--version").stdout.decode() == f"convcli {convcli.__version__}\n"


def on_a_terminal(*args: str, cwd: Path) -> str:
    """Run the program with stdout and stderr on a terminal; return what it shows."""
    with Screen(*args, cwd=cwd) as screen:
        screen.finish()
        return screen.sent.decode()


def test_no_picture_bytes_on_a_terminal(gray: Path, tmp_path: Path) -> None:
    shown = on_a_terminal("filter", str(gray), "-k", "box", "-o", "-", cwd=tmp_path)
    assert shown.startswith("error: picture bytes are not written to a terminal; hint: ")


@pytest.mark.parametrize("name", ["csv", "tsv", "json"])
def test_numbers_as_text_on_a_terminal(name: str, tmp_path: Path) -> None:
    """A row of 1, 2, 4 less its right neighbours is -1, -2."""
    (tmp_path / "row.csv").write_text("1,2,4\n")
    words = ("filter", "row.csv", "-k", "1 -1", "-p", "valid", "-o", "-")
    shown = on_a_terminal(*words, "--format", name, cwd=tmp_path)
    assert shown.strip("[]\r\n").replace("\t", ",") == "-1,-2"


def test_arrays_are_no_text_for_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "row.csv").write_text("1,2,4\n")
    words = ("filter", "row.csv", "-k", "1 -1", "-p", "valid", "-o", "-")
    shown = on_a_terminal(*words, "--format", "npy", cwd=tmp_path)
    assert shown.startswith("error: picture bytes are not written to a terminal; hint: ")
    assert shown.count("\n") == 1


def test_progress_on_a_terminal_only(gray: Path, tmp_path: Path) -> None:
    for index in range(3):
        (tmp_path / f"in{index}.png").write_bytes(gray.read_bytes())
    names = [f"in{index}.png" for index in range(3)]
    shown = on_a_terminal("filter", *names, "-k", "box", cwd=tmp_path)
    assert "3/3" in shown
    done = process("filter", *names, "-k", "box", "--force", cwd=tmp_path)
    assert done.stderr == b""
    assert done.stdout.decode().split() == [f"in{index}-box.png" for index in range(3)]


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("filter x.png -k gauss", "gaussian"),
        ("filter x.png -k gaussian:s", "gaussian:sigma="),
        ("filter x.png --pad re", "replicate"),
        ("filter x.png --pad scipy:gr", "scipy:grid-wrap"),
        ("filter x.png --range ce", "center"),
        ("filter x.png --format np", "npy"),
        ("pool x.png --mode me", "median"),
        ("pool x.png -m l2", "l2"),
        ("pool x.png -p scipy:gr", "scipy:grid-wrap"),
        ("kernels show sch", "scharr-x"),
        ("kern", "kernels"),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion(
    convcli: Convcli, monkeypatch: pytest.MonkeyPatch, shell: str, words: str, offered: str
) -> None:
    line = f"convcli {words}"
    environment = {
        "_CONVCLI_COMPLETE": f"complete_{shell}",
        "_TYPER_COMPLETE_ARGS": line,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(line.split()) - 1),
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ran = convcli()
    assert offered in ran.out.decode().replace("\\", "")
    assert ran.err == ""


def test_completion_of_a_process() -> None:
    environment = {**os.environ, "_CONVCLI_COMPLETE": "complete_bash", "COMP_WORDS": "convcli kern"}
    code = "import sys; sys.argv[0] = 'convcli'; from convcli.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        timeout=60,
        env={**environment, "COMP_CWORD": "1"},
    )
    assert (done.stdout, done.stderr) == (b"kernels\n", b"")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts(shell: str) -> None:
    environment = {**os.environ, "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}
    done = process("--show-completion", shell, env=environment)
    assert done.returncode == 0
    assert b"_CONVCLI_COMPLETE" in done.stdout


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize(
    "args",
    [
        ("kernels",),
        ("kernels", "--json"),
        ("kernels", "show", "sobel"),
        ("filter", "GRAY", "-k", "box", "-o", "-", "--format", "png"),
        ("show", "GRAY"),
        ("learn", "GRAY", "GRAY", "--size", "1"),
    ],
)
def test_a_disk_that_is_full(gray: Path, args: tuple[str, ...]) -> None:
    words = [str(gray) if word == "GRAY" else word for word in args]
    with open("/dev/full", "wb") as full:
        done = subprocess.run([*PROGRAM, *words], stdout=full, stderr=subprocess.PIPE, timeout=60)
    assert done.returncode == 1
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("error: output cannot be written: no space left on device; hint: ")
