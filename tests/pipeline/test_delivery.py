"""What a batch leaves on a terminal: paths, one bar below them, notes once, counts at the end."""

import json
import os
import re
import signal
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.program import PROGRAM, Convcli, process
from tests.screen import Screen

BAR = re.compile(r"[━╸╺]{3}")
BLACK_AND_WHITE = np.indices((20, 20)).sum(0, dtype=np.uint8) % 2 * 255


@pytest.fixture
def hundred(tmp_path: Path) -> list[str]:
    """A hundred pictures, of which the 51st is a pipe that waits for its picture."""
    names = [f"in{index:03}.png" for index in range(100)]
    Image.fromarray(BLACK_AND_WHITE).save(tmp_path / names[0])
    for name in names[1:]:
        os.link(tmp_path / names[0], tmp_path / name)
    os.unlink(tmp_path / names[50])
    os.mkfifo(tmp_path / names[50])
    return names


def go_on(folder: Path, names: list[str]) -> None:
    with open(folder / names[50], "wb") as pipe:
        pipe.write((folder / names[0]).read_bytes())


def waiting(lines: list[str]) -> bool:
    return bool(lines) and "50/100" in lines[-1] and "in050.png" in lines[-1]


def made(names: list[str], label: str) -> list[str]:
    return [name.replace(".png", f"-{label}.png") for name in names]


def test_a_hundred_files_on_a_terminal(hundred: list[str], tmp_path: Path) -> None:
    paths = made(hundred, "laplacian")
    with Screen("filter", *hundred, "-k", "laplacian", cwd=tmp_path) as screen:
        middle = screen.until(waiting)
        assert len(middle) == 24
        assert middle[:-1] == paths[27:50]  # whole lines, with nothing before or behind them
        assert middle[-1].startswith("filtering ━")
        assert len(middle[-1]) < 80
        assert sum(bool(BAR.search(line)) for line in screen.all) == 1
        go_on(tmp_path, hundred)
        assert screen.finish() == 0
        # A chessboard's Laplacian is -4 and 4 times white: all of it is cut, in each file by as much.
        assert screen.all[:100] == paths
        note = " ".join(screen.all[100:])
        assert note.startswith("100 of 100 files: 100% of the pixels were cut")
        assert not any(BAR.search(line) for line in screen.all)


def test_paths_go_to_a_file_beside_the_bar(hundred: list[str], tmp_path: Path) -> None:
    with (
        open(tmp_path / "list", "wb") as listed,
        Screen("pool", *hundred, cwd=tmp_path, stdout=listed) as screen,
    ):
        (line,) = screen.until(waiting)
        assert line.startswith("pooling ━")
        go_on(tmp_path, hundred)
        assert screen.finish() == 0
        assert screen.all == []
    assert (tmp_path / "list").read_text().splitlines() == made(hundred, "max")


def test_paths_come_through_a_pipe_to_the_same_terminal(hundred: list[str], tmp_path: Path) -> None:
    """What reads the pipe writes where the bar was taken away; the bar comes back below it."""
    piped = ["sh", "-c", '"$0" "$@" | cat', *PROGRAM]
    with Screen("filter", *hundred, "-k", "box", cwd=tmp_path, program=piped) as screen:
        middle = screen.until(waiting)
        assert BAR.search(middle[-1])
        assert middle[-2] == "in049-box.png"
        go_on(tmp_path, hundred)
        assert screen.finish() == 0
        assert screen.all[-1] == "in099-box.png"


def test_names_on_stdout_are_exact_beside_the_bar(tmp_path: Path) -> None:
    """Bytes that are not UTF-8 reach a file as they are, whatever the terminal shows."""
    names = [b"a\xff.png", b"b\xfe.png"]
    for name in names:
        Image.fromarray(BLACK_AND_WHITE).save(os.path.join(os.fsencode(tmp_path), name), "PNG")
    words = [os.fsdecode(name) for name in names]
    with (
        open(tmp_path / "list", "wb") as listed,
        Screen("filter", *words, "gone.png", "-k", "box", cwd=tmp_path, stdout=listed) as screen,
    ):
        assert screen.finish() == 1
        assert screen.all[0].startswith("error: 'gone.png' does not exist")
        assert screen.all[-1] == "2 done, 1 failed"
    assert (tmp_path / "list").read_bytes() == b"a\xff-box.png\nb\xfe-box.png\n"


def test_the_bar_fits_a_narrow_terminal(hundred: list[str], tmp_path: Path) -> None:
    narrow = hundred[:50]
    os.mkfifo(tmp_path / "p.png")
    with Screen("filter", *narrow, "p.png", "-k", "box", cwd=tmp_path, columns=20) as screen:
        middle = screen.until(lambda lines: bool(lines) and lines[-1].startswith("50/51"))
        assert middle[-2] == "in049-box.png"
        (tmp_path / "p.png").write_bytes((tmp_path / hundred[0]).read_bytes())
        assert screen.finish() == 0
        assert screen.all == made([*narrow, "p.png"], "box")


def test_json_lines_above_the_bar(hundred: list[str], tmp_path: Path) -> None:
    with Screen("filter", *hundred, "-k", "box", "--json", cwd=tmp_path, columns=500) as screen:
        middle = screen.until(waiting)
        assert [json.loads(line)["input"] for line in middle[:-1]] == hundred[27:50]
        go_on(tmp_path, hundred)
        assert screen.finish() == 0


@pytest.mark.parametrize(
    ("args", "variables"),
    [
        (["in000.png"], {}),
        (["in000.png", "in001.png", "--quiet"], {}),
        (["in000.png", "in001.png"], {"TERM": "dumb"}),
        (["only", "--recursive"], {}),
    ],
    ids=["one input", "quiet", "a dumb terminal", "one input in a folder"],
)
def test_no_bar(hundred: list[str], tmp_path: Path, args: list[str], variables: dict[str, str]) -> None:
    (tmp_path / "only").mkdir()
    os.link(tmp_path / hundred[0], tmp_path / "only/in000.png")
    expected = made([arg for arg in args if arg.endswith(".png")] or ["in000.png"], "box")
    with Screen("filter", *args, "-k", "box", cwd=tmp_path, **variables) as screen:
        assert screen.finish() == 0
        assert screen.sent.decode().split() == expected


VERBS = {
    "filter": ["filtering", "-k", "box"],
    "pool": ["pooling"],
    "run": ["running"],
    "compare": ["comparing", "-k", "box"],
    "explain": ["explaining", "-k", "box", "--at", "0,0"],
    "show": ["showing", "--max-size", "4"],
    "spectrum": ["transforming", "-k", "box"],
}


@pytest.mark.parametrize("command", VERBS)
def test_the_verb_is_that_of_the_command(tmp_path: Path, command: str) -> None:
    verb, *options = VERBS[command]
    Image.fromarray(BLACK_AND_WHITE).save(tmp_path / "a.png")
    os.mkfifo(tmp_path / "b.png")
    (tmp_path / "s.toml").write_text('gray = true\n[[layer]]\ntype = "relu"\n')
    stack = ["s.toml"] if command == "run" else []
    with Screen(command, *stack, "a.png", "b.png", *options, cwd=tmp_path) as screen:
        lines = screen.until(lambda lines: bool(lines) and "1/2" in lines[-1])
        assert lines[-1].startswith(f"{verb} ")
        (tmp_path / "b.png").write_bytes((tmp_path / "a.png").read_bytes())
        assert screen.finish() == 0
        assert not any(BAR.search(line) for line in screen.all)


def test_what_is_left_when_a_batch_is_interrupted(hundred: list[str], tmp_path: Path) -> None:
    words = [*hundred[:10], "gone.png", *hundred[10:]]
    with Screen("filter", *words, "-k", "box", cwd=tmp_path) as screen:
        screen.until(lambda lines: bool(lines) and "51/101" in lines[-1] and "in050.png" in lines[-1])
        screen.press("keys\x03")  # which the terminal shows, with ^C for the last
        assert screen.finish() == 130
        paths = made(hundred[:50], "box")
        error, *rest = [line for line in screen.all if line not in paths]
        assert error.startswith("error: 'gone.png' does not exist")
        assert rest == ["interrupted: 50 done, 1 failed, 50 left"]


def test_counts_are_not_said_when_quiet(tmp_path: Path) -> None:
    Image.fromarray(BLACK_AND_WHITE).save(tmp_path / "a.png")
    done = process("filter", "a.png", "gone.png", "-k", "box", "-q", cwd=tmp_path)
    assert done.returncode == 1
    (line,) = done.stderr.decode().splitlines()
    assert line.startswith("error: 'gone.png'")


def test_kinds_of_notes_once_each(convcli: Convcli) -> None:
    """Notes that differ by their figures are of one kind; with -v, each is said of its file."""
    # Columns of white beside black: sobel-x is cut at the two columns beside the edge, of 20 and of 10.
    for name, width in (("a.png", 20), ("b.png", 10), ("c.png", 20)):
        pixels = np.zeros((8, width), np.uint8)
        pixels[:, width // 2 :] = 255
        Image.fromarray(pixels).save(name)
    Image.fromarray(np.zeros((8, 8), np.uint8)).save("d.png")
    ran = convcli("filter", "a.png", "b.png", "c.png", "d.png", "-k", "sobel-x")
    assert ran.status == 0
    (line,) = ran.lines
    assert line.startswith("3 of 4 files, such as a.png: 10% to 20% of the pixels were cut")
    alone = convcli("filter", "a.png", "d.png", "-k", "sobel-x", "--force")
    (line,) = alone.lines
    assert line.startswith("a.png: 10% of the pixels were cut")
    all_of_them = convcli("filter", "a.png", "b.png", "c.png", "-k", "sobel-x", "--force", "-v")
    said = [line.partition(" of the pixels")[0] for line in all_of_them.lines if "were cut" in line]
    assert said == ["a.png: 10%", "b.png: 20%", "c.png: 10%"]
    assert convcli("filter", "a.png", "b.png", "-k", "sobel-x", "--force", "-q").err == ""


def test_learning_shows_that_it_fits(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    for name in ("x.png", "y.png"):
        Image.fromarray(rng.integers(0, 256, (300, 300), dtype=np.uint8)).save(tmp_path / name)
    words = ["learn", "x.png", "y.png", "--size", "3", "--method", "gd", "--steps", "100000", "-p", "reflect"]
    with Screen(*words, cwd=tmp_path) as screen:
        (line,) = screen.until(lambda lines: bool(lines) and bool(re.search(r"\d+/100000", lines[-1])))
        assert line.startswith("fitting ")
        screen.process.send_signal(signal.SIGINT)
        assert screen.finish() == 130
        assert screen.all == ["interrupted"]


def test_stderr_elsewhere_has_no_bar(hundred: list[str], tmp_path: Path) -> None:
    done = subprocess.run(
        [*PROGRAM, "filter", *hundred[:3], "-k", "box"], cwd=tmp_path, capture_output=True, timeout=60
    )
    assert (done.stdout.decode().split(), done.stderr) == (made(hundred[:3], "box"), b"")
