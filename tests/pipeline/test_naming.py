"""Where -o may point to: folders, devices, pipes, open files, in every command that has it."""

import os
import subprocess
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.program import PROGRAM, Convcli, process

# Every command that has -o (or writes a page), with the name that it derives in a folder.
COMMANDS = {
    "filter": (["filter", "in.png", "-k", "box", "-o"], "in-box.png"),
    "pool": (["pool", "in.png", "-o"], "in-max.png"),
    "run": (["run", "s.toml", "in.png", "-o"], "in-s.npy"),
    "spectrum": (["spectrum", "in.png", "-k", "box", "-o"], "in-box-spectrum.png"),
    "compare": (["compare", "in.png", "-k", "box", "-o"], "in-compare.png"),
    "compare --html": (["compare", "in.png", "-k", "box", "--html"], "in-compare.html"),
    "explain": (["explain", "in.png", "-k", "box", "--html"], "in-explain.html"),
    "show": (["show", "in.png", "--as", "json", "-o"], "in-show.json"),
    "export": (["kernels", "export", "gaussian:sigma=2", "--format", "toml", "-o"], "gaussian.toml"),
    "learn": (["learn", "in.png", "in.png", "--size", "1", "-o"], "in-kernel.json"),
}
each_name = pytest.mark.parametrize(("args", "name"), COMMANDS.values(), ids=COMMANDS)
each = pytest.mark.parametrize("args", [args for args, _ in COMMANDS.values()], ids=COMMANDS)


@pytest.fixture(autouse=True)
def inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(5)
    Image.fromarray(rng.integers(0, 256, (9, 9), dtype=np.uint8)).save("in.png")
    Path("s.toml").write_text('gray = true\n[[layer]]\ntype = "relu"\n')


@each_name
def test_a_folder_gets_a_file_of_a_derived_name(convcli: Convcli, args: list[str], name: str) -> None:
    ran = convcli(*args, "new/deep/")
    assert ran.status == 0, ran.err
    assert os.listdir("new/deep") == [name]
    assert f"new/deep/{name}" in ran.out.decode()
    Path("there").mkdir()
    assert convcli(*args, "there").status == 0
    assert os.listdir("there") == [name]
    # A derived name replaces nothing unasked, wherever it is.
    Path("there", name).write_bytes(b"mine")
    again = convcli(*args, "there")
    assert again.status == 1
    assert again.lines[-1].startswith("error: ")
    assert f"'there/{name}' is already there; hint: add --force" in again.lines[-1]
    assert Path("there", name).read_bytes() == b"mine"
    assert convcli(*args, "there", "--force").status == 0
    assert Path("there", name).read_bytes() != b"mine"


def test_the_sheet_of_all_kernels_makes_its_folder(convcli: Convcli) -> None:
    ran = convcli("kernels", "-o", "new/")
    assert (ran.status, ran.out) == (0, b"new/kernels-sheet.png\n")


def test_several_inputs_into_a_folder(convcli: Convcli) -> None:
    os.link("in.png", "two.png")
    ran = convcli("filter", "in.png", "two.png", "-k", "box", "-o", "d/")
    assert (ran.status, ran.out) == (0, b"d/in-box.png\nd/two-box.png\n")
    refused = convcli("filter", "in.png", "two.png", "-k", "box", "-o", "d.png")
    refused.check_refusal(2, "2 inputs cannot all go to 'd.png'", "-o DIR/")


@each
def test_the_null_device(convcli: Convcli, args: list[str]) -> None:
    ran = convcli(*args, "/dev/null")
    assert ran.status == 0, ran.err
    assert not os.path.isfile("/dev/null")
    assert sorted(os.listdir()) == ["in.png", "s.toml"]


def test_the_null_device_takes_any_number_of_results(convcli: Convcli) -> None:
    os.link("in.png", "two.png")
    ran = convcli("filter", "in.png", "two.png", "-k", "box", "-k", "identity", "-o", "/dev/null")
    assert (ran.status, ran.err) == (0, "")


@each
def test_pipes_and_open_files_get_what_stdout_gets(args: list[str]) -> None:
    """A pipe by its name, and a file that the shell has opened: ``-o /dev/fd/3 3> file``."""
    command = [*args, "-"]
    expected = process(*command).stdout
    assert expected
    os.mkfifo("pipe")
    read = list[bytes]()
    reading = threading.Thread(target=lambda: read.append(Path("pipe").read_bytes()))
    reading.start()
    done = process(*args, "pipe")
    reading.join(timeout=60)
    assert done.returncode == 0, done.stderr
    assert read == [expected]
    assert process(*args, "/dev/stdout").stdout == expected
    words = ["sh", "-c", 'exec "$0" "$@" 3> opened', *PROGRAM, *args, "/dev/fd/3"]
    assert subprocess.run(words, capture_output=True, timeout=60).returncode == 0
    assert Path("opened").read_bytes() == expected


@each
def test_the_option_is_named_where_the_output_is_the_input(convcli: Convcli, args: list[str]) -> None:
    target = "in.png"
    if "export" in args:
        target = "in.json"
        Path(target).write_text("[[1.0]]")
        args = ["kernels", "export", target, "-o"]
    ran = convcli(*args, target)
    said = f"{args[-1]}: {target!r} is the input itself"
    ran.check_refusal(1, said, "add --force")


def test_an_empty_name_is_refused_by_its_option(convcli: Convcli) -> None:
    convcli("explain", "in.png", "-k", "box", "--html", "").check_refusal(2, "--html", "name a file")
