"""No output destroys what the command reads, or another result; pipes and devices are written to directly."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convcli.choices import STDOUT
from convcli.errors import OutputError
from convcli.pipeline import inputs as pipeline_inputs
from convcli.pipeline.batch import Source, refuse_inputs
from tests.program import PROGRAM, Convcli, pixels, process

STACKS = {
    "s.toml": 'gray = true\n[[layer]]\ntype = "conv"\nweights = "w.npz:w"\npadding = 1\n',
    "t.toml": 'gray = true\n[[layer]]\ntype = "conv"\nkernel = "k.npy"\npadding = 1\n',
}


@pytest.fixture
def inputs(convcli: Convcli) -> dict[str, bytes]:
    """Every kind of file that commands read, and other ways to name some of them."""
    assert convcli("--version").status == 0
    draw = np.random.default_rng(0)
    for name in ("a.png", "b.png"):
        Image.fromarray(draw.integers(0, 256, (20, 24), dtype=np.uint8)).save(name)
    np.savez("two.npz", a=np.arange(36.0).reshape(6, 6), b=np.ones((6, 6)))
    np.save("k.npy", np.ones((3, 3)))
    np.save("x.npy", np.arange(36.0).reshape(6, 6))
    np.savez("w.npz", w=np.ones((1, 1, 3, 3)), k=np.ones((3, 3)))
    Path("n.csv").write_text("1,2,3\n4,5,6\n7,8,9\n")
    Path("page.html").write_text("1,2,3\n4,5,6\n7,8,9\n")  # numbers, whatever the name says
    for name, text in STACKS.items():
        Path(name).write_text(text)
    os.symlink("a.png", "link.png")
    os.link("b.png", "hard.png")
    os.link("two.npz", "hard.npz")
    os.symlink(os.getcwd(), "folder")
    return {name: Path(name).read_bytes() for name in os.listdir() if Path(name).is_file()}


BOX = ["-k", "box"]
REFUSED = [
    ["filter", "a.png", *BOX, "-o", "a.png"],
    ["filter", "a.png", *BOX, "-o", "./a.png"],
    ["filter", "a.png", *BOX, "-o", "folder/a.png"],
    ["filter", "a.png", *BOX, "-o", "link.png"],
    ["filter", "link.png", *BOX, "-o", "a.png"],
    ["filter", "b.png", *BOX, "-o", "hard.png"],
    ["filter", "two.npz:a", *BOX, "-o", "two.npz"],
    ["filter", "two.npz:a", *BOX, "-o", "hard.npz"],
    ["filter", "x.npy", "-k", "k.npy", "-o", "k.npy"],
    ["filter", "x.npy", "-k", "w.npz:k", "-o", "w.npz"],
    ["filter", "x.npy", *BOX, "-k", "k.npy", "-o", "k.npy"],
    ["pool", "a.png", "-o", "a.png"],
    ["pool", "two.npz:a", "-o", "folder/two.npz"],
    ["run", "s.toml", "x.npy", "-o", "x.npy"],
    ["run", "s.toml", "x.npy", "-o", "w.npz"],
    ["run", "s.toml", "x.npy", "-o", "s.toml", "--format", "npy"],
    ["run", "t.toml", "x.npy", "-o", "k.npy"],
    ["learn", "a.png", "b.png", "-o", "a.png"],
    ["learn", "a.png", "b.png", "-o", "b.png", "--format", "json"],
    ["learn", "a.png", "b.png", "-o", "hard.png", "--format", "json"],
    ["learn", "x.npy", "two.npz:a", "-o", "two.npz"],
    ["learn", "n.csv", "n.csv", "--size", "1", "-o", "n.csv"],
    ["show", "x.npy", "-o", "x.npy"],
    ["show", "a.png", "--as", "csv", "-o", "link.png"],
    ["show", "a.png", "-k", "k.npy", "-o", "k.npy"],
    ["show", "two.npz:b", "--as", "npy", "-o", "two.npz"],
    ["explain", "page.html", *BOX, "--html", "page.html"],
    ["explain", "page.html", *BOX, "--html", "./page.html"],
    ["explain", "a.png", *BOX, "--html", "a.png"],
    ["explain", "a.png", "-k", "k.npy", "--html", "k.npy"],
    ["compare", "a.png", *BOX, "--html", "link.png"],
    ["spectrum", "a.png", *BOX, "-o", "a.png"],
    ["spectrum", "a.png", "-k", "k.npy", "--format", "png", "-o", "k.npy"],
    ["spectrum", "two.npz:a", *BOX, "--format", "png", "-o", "two.npz"],
    ["compare", "a.png", *BOX, "-o", "a.png"],
    ["compare", "page.html", *BOX, "--html", "page.html"],
    ["compare", "a.png", *BOX, "-o", "y.png", "--html", "page.html", "--truth", "page.html"],
    ["compare", "a.png", *BOX, "--truth", "b.png", "-o", "hard.png"],
    ["kernels", "export", "k.npy", "-o", "k.npy"],
    ["kernels", "export", "./k.npy", "-o", "folder/k.npy"],
    ["kernels", "export", "w.npz:k", "-o", "w.npz"],
    ["kernels", "export", "n.csv", "-o", "n.csv"],
]


@pytest.mark.parametrize("args", REFUSED, ids=" ".join)
def test_outputs_refuse_inputs(convcli: Convcli, inputs: dict[str, bytes], args: list[str]) -> None:
    ran = convcli(*args)
    ran.check_refusal(1, "is the input", "--force")
    assert {name: Path(name).read_bytes() for name in os.listdir() if Path(name).is_file()} == inputs


# One command line of each command, which works where --force says that it is meant.
FORCED = [
    ["filter", "a.png", *BOX, "-o", "a.png"],
    ["pool", "two.npz:a", "-o", "two.npz"],
    ["run", "s.toml", "x.npy", "-o", "x.npy"],
    ["learn", "n.csv", "n.csv", "--size", "1", "-o", "n.csv"],
    ["show", "x.npy", "-k", "k.npy", "-o", "k.npy"],
    ["explain", "page.html", *BOX, "--html", "page.html"],
    ["spectrum", "a.png", *BOX, "-o", "a.png"],
    ["compare", "page.html", *BOX, "--html", "page.html"],
    ["kernels", "export", "k.npy", "-o", "k.npy"],
]


@pytest.mark.parametrize("args", FORCED, ids=" ".join)
def test_force_replaces_inputs(convcli: Convcli, inputs: dict[str, bytes], args: list[str]) -> None:
    output = args[-1]
    ran = convcli(*args, "--force")
    assert ran.status == 0, ran.err
    changed = {name for name, content in inputs.items() if Path(name).read_bytes() != content}
    assert changed <= {output, "link.png"}
    assert changed or args[0] == "kernels"  # the same kernel once more


def test_stdin_from_the_file_that_is_written(inputs: dict[str, bytes]) -> None:
    for name in ("-", "/dev/stdin"):
        with open("a.png", "rb") as stdin:
            done = subprocess.run(
                [*PROGRAM, "filter", name, *BOX, "-o", "a.png"], stdin=stdin, capture_output=True, timeout=60
            )
        assert done.returncode == 1
        (line,) = done.stderr.decode().splitlines()
        assert "'a.png' is the input" in line
        assert Path("a.png").read_bytes() == inputs["a.png"]


def test_what_is_no_file_is_no_input(tmp_path: Path) -> None:
    """Devices and pipes hold nothing that could be lost, and names that are not there neither."""
    refuse_inputs(["/dev/null", None, STDOUT], ["/dev/null", "gone.png", "-", "sobel"], force=False)
    assert not Source("/dev/null").is_at("/dev/null")
    assert not Source("gone.npz:a").is_at("gone.npz")
    (tmp_path / "a").write_bytes(b"x")
    refuse_inputs([str(tmp_path / "a")], [str(tmp_path / "a")], force=True)
    with pytest.raises(OutputError, match="is the input itself"):
        refuse_inputs([str(tmp_path / "a")], [str(tmp_path / "a")], force=False)


def test_a_file_called_as_an_array_in_another(tmp_path: Path) -> None:
    (tmp_path / "two.npz").write_bytes(b"x")
    assert Source(str(tmp_path / "two.npz:a")).is_at(str(tmp_path / "two.npz"))
    assert Source(str(tmp_path / "TWO.NPZ:a")).file == str(tmp_path / "TWO.NPZ")
    (tmp_path / "two.npz:a").write_bytes(b"y")
    assert not Source(str(tmp_path / "two.npz:a")).is_at(str(tmp_path / "two.npz"))


@pytest.mark.parametrize(
    ("args", "output"),
    [
        (["filter", "two.npz:a", *BOX], "y.npy"),
        (["pool", "two.npz:a"], "y.npy"),
        (["run", "s.toml", "two.npz:a"], "y.npy"),
        (["show", "two.npz:a"], "y.npy"),
        (["spectrum", "two.npz:a", *BOX], "y.png"),
        (["compare", "two.npz:a", *BOX], "y.png"),
        (["learn", "two.npz:a", "two.npz:b", "--size", "1", "--no-bias"], "y.npy"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
@pytest.mark.usefixtures("inputs")
def test_an_array_of_several_and_an_output_that_is_there(
    convcli: Convcli, args: list[str], output: str
) -> None:
    Path(output).write_bytes(b"before")
    ran = convcli(*args, "-o", output)
    assert ran.status == 0, ran.err
    assert Path(output).read_bytes()[:4] in (b"\x93NUM", b"\x89PNG")


@pytest.mark.parametrize("command", [["filter", "a.png", *BOX], ["pool", "a.png"]])
@pytest.mark.parametrize("gone", ["input", "folder"])
def test_an_input_that_is_deleted_meanwhile(
    convcli: Convcli,
    inputs: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    gone: str,
) -> None:
    """It was read before: the result is there. A folder that is gone is said."""
    assert inputs
    plain = pipeline_inputs.read_picture
    Path("d").mkdir()
    Path("d/y.png").write_bytes(b"before")

    def read(*args: object, **options: object) -> object:
        image = plain(*args, **options)  # type: ignore[arg-type]
        os.unlink("a.png" if gone == "input" else "d/y.png")
        if gone == "folder":
            os.rmdir("d")
        return image

    monkeypatch.setattr(pipeline_inputs, "read_picture", read)
    ran = convcli(*command, "-o", "d/y.png")
    if gone == "input":
        assert (ran.status, ran.out) == (0, b"d/y.png\n")
        assert Path("d/y.png").read_bytes().startswith(b"\x89PNG")
    else:
        ran.check_refusal(1, "'d/y.png' cannot be written: the folder ", "make the folder")


def test_any_other_error_of_the_system_is_one_line(
    convcli: Convcli, inputs: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert inputs
    plain = pipeline_inputs.read_picture

    def read(content: object, **options: object) -> object:
        if options["name"] == "a.png":
            raise OSError(116, "Stale file handle")
        return plain(content, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline_inputs, "read_picture", read)
    ran = convcli("filter", "a.png", "b.png", *BOX)
    assert ran.status == 1
    assert ran.out == b"b-box.png\n"
    assert ran.lines[0].startswith("error: 'a.png': Stale file handle; hint: ")
    assert ran.lines[1:] == ["1 done, 1 failed"]


def test_a_folder_that_is_gone(inputs: dict[str, bytes]) -> None:
    assert inputs
    picture = Path("a.png").resolve()
    code = (
        f"mkdir gone && cd gone && rmdir ../gone && exec {sys.executable} -m convcli filter {picture} -k box"
    )
    for more in ("", " -o y.png", " --out-dir d"):
        done = subprocess.run(["sh", "-c", code + more], capture_output=True, timeout=60)
        assert done.returncode == 1
        (line,) = done.stderr.decode().splitlines()
        assert line.startswith("error: ")
        assert "; hint: " in line


# Names that must not be empty, and pages that must not look like pictures.
NAMES = [
    (["filter", "a.png", *BOX, "--out-dir", ""], "--out-dir", "this one"),
    (["filter", "a.png", *BOX, "-o", ""], "--output", "stdout"),
    (["run", "s.toml", "a.png", "--save-maps", ""], "--save-maps", "this one"),
    (["learn", "a.png", "b.png", "-o", ""], "empty", "stdout"),
    (["show", "a.png", "-o", "", "--as", "csv"], "empty", "stdout"),
    (["explain", "a.png", *BOX, "--html", ""], "empty", "stdout"),
    (["compare", "a.png", *BOX, "--html", ""], "--html is empty", "name a file"),
    (["compare", "a.png", *BOX, "-o", ""], "-o is empty", "name a file"),
    (["kernels", "export", "box", "-o", ""], "empty", "stdout"),
    (["spectrum", "a.png", *BOX, "-o", ""], "--output is empty", "stdout"),
    (["explain", "a.png", *BOX, "--html", "x.png"], "'x.png'", ".html"),
    (["explain", "a.png", *BOX, "--html", "x.NPY"], "'x.NPY'", ".html"),
    (["compare", "a.png", *BOX, "--html", "x.jpg"], "'x.jpg'", ".html"),
]


@pytest.mark.parametrize(("args", "says", "hint"), NAMES)
def test_names_that_cannot_be_meant(
    convcli: Convcli, inputs: dict[str, bytes], args: list[str], says: str, hint: str
) -> None:
    names = set(os.listdir())
    convcli(*args).check_refusal(2, says, hint)
    assert set(os.listdir()) == names
    assert inputs


PIPED = [
    (["filter", "a.png", *BOX], b"\x89PNG"),
    (["filter", "a.png", *BOX, "--format", "tif"], b"II*\0"),
    (["pool", "x.npy"], b"\x93NUM"),
    (["spectrum", "a.png", *BOX], b"\x89PNG"),
    (["run", "s.toml", "a.png", "--format", "npy"], b"\x93NUM"),
    (["show", "a.png", "--as", "npy"], b"\x93NUM"),
    (["compare", "a.png", *BOX], b"\x89PNG"),
    (["learn", "a.png", "b.png", "--size", "1"], b"{\n  "),
    (["kernels", "export", "box"], b"{\n  "),
    (["explain", "a.png", *BOX, "--html"], b"<!do"),
    (["compare", "a.png", *BOX, "--html"], b"<!do"),
]


@pytest.mark.parametrize(("args", "first"), PIPED, ids=[" ".join(args) for args, _ in PIPED])
@pytest.mark.usefixtures("inputs")
def test_stdout_by_its_other_name(convcli: Convcli, args: list[str], first: bytes) -> None:
    option = [] if args[-1] == "--html" else ["-o"]
    done = process(*args, *option, "/dev/stdout")
    assert done.returncode == 0, done.stderr
    assert done.stdout[:4] == first
    assert done.stdout == convcli(*args, *option, "-").out


@pytest.mark.parametrize("name", ["/dev/fd/1", "/proc/self/fd/1"])
@pytest.mark.usefixtures("inputs")
def test_stdout_by_its_number(name: str) -> None:
    done = process("filter", "a.png", *BOX, "-o", name)
    assert (done.returncode, done.stderr) == (0, b"")
    assert pixels(done.stdout).shape == (20, 24)


@pytest.mark.parametrize(("args", "first"), PIPED, ids=[" ".join(args) for args, _ in PIPED])
@pytest.mark.usefixtures("inputs")
def test_process_substitution(args: list[str], first: bytes) -> None:
    """As bash's ``>(command)``: the name of a pipe that is open already."""
    reader, writer = os.pipe()
    option = [] if args[-1] == "--html" else ["-o"]
    running = subprocess.Popen(
        [*PROGRAM, *args, *option, f"/dev/fd/{writer}"],
        pass_fds=[writer],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    os.close(writer)
    with open(reader, "rb") as pipe:
        received = pipe.read()
    said, complaints = running.communicate(timeout=60)
    assert running.returncode == 0, complaints
    assert received[:4] == first
    assert f"/dev/fd/{writer}".encode() in said


@pytest.mark.usefixtures("inputs")
def test_a_pipe_with_a_name(tmp_path: Path) -> None:
    os.mkfifo("pipe.png")
    running = subprocess.Popen([*PROGRAM, "filter", "a.png", *BOX, "-o", "pipe.png"], cwd=tmp_path)
    received = Path("pipe.png").read_bytes()
    assert running.wait(timeout=60) == 0
    assert pixels(received).shape == (20, 24)
    # and to read from, where it is named
    running = subprocess.Popen([*PROGRAM, "filter", "pipe.png", *BOX, "-o", "y.png"], cwd=tmp_path)
    Path("pipe.png").write_bytes(Path("a.png").read_bytes())
    assert running.wait(timeout=60) == 0
    assert pixels("y.png").tolist() == pixels(received).tolist()


@pytest.mark.usefixtures("inputs")
def test_a_log_that_is_appended_to() -> None:
    """The bytes go where stdout is, and what is before and after them stays."""
    program = " ".join(PROGRAM)
    subprocess.run(
        ["sh", "-c", f"(echo one; {program} show n.csv --as csv -o /dev/stdout; echo two) > log"],
        check=True,
        timeout=60,
    )
    lines = Path("log").read_text().splitlines()
    assert lines[0] == "one"
    assert lines[-1] == "two"
    assert [[float(word) for word in line.split(",")] for line in lines[1:-1]] == [
        [1, 2, 3],
        [4, 5, 6],
        [7, 8, 9],
    ]


@pytest.mark.usefixtures("inputs")
def test_pdf_without_the_time(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    made = []
    plain = time.gmtime
    for moment in (0.0, 1e9):
        monkeypatch.setattr(time, "gmtime", lambda *_, _moment=moment: plain(_moment))
        assert convcli("filter", "a.png", *BOX, "-o", "y.pdf").status == 0
        made.append(Path("y.pdf").read_bytes())
    assert made[0] == made[1]
    assert b"Date" not in made[0]
