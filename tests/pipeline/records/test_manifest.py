"""--resume: what is skipped, what is done again, and what a damaged manifest changes."""

import errno
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from convcli.pipeline.records import json_lines, manifest
from convcli.pipeline.records.json_lines import JsonLines
from tests.failing import failing
from tests.program import PROGRAM, Convcli, Ran

OUT = Path("out")
MANIFEST = OUT / ".convcli-manifest.jsonl"
NAMES = ("a", "b", "c")
BLUR = ("filter", "in", "--recursive", "-k", "gaussian:sigma=1", "--out-dir", "out")


def picture(path: str | Path, seed: int, size: tuple[int, int] = (9, 12)) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)).save(path)


@pytest.fixture
def pictures(convcli: Convcli) -> Convcli:
    """Three pictures in the folder ``in``."""
    for seed, name in enumerate(NAMES):
        picture(f"in/{name}.png", seed)
    return convcli


def results(folder: Path = OUT) -> dict[str, tuple[bytes, int]]:
    """Content of each result, and when it was written."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.glob("[!.]*")}


def counts(ran: Ran) -> str:
    """The last line: how many are done and skipped."""
    return ran.lines[-1] if ran.lines else ""


def test_what_is_done_is_skipped_and_printed_as_if_made(pictures: Convcli) -> None:
    first = pictures(*BLUR)
    before = results()
    again = pictures(*BLUR, "--resume")
    assert (again.status, again.out, again.lines) == (0, first.out, ["0 done, 3 skipped"])
    assert results() == before
    said = [json.loads(line) for line in pictures(*BLUR, "--resume", "--json").out.splitlines()]
    assert said == [
        {"input": f"in/{name}.png", "output": f"out/{name}-gaussian.png", "skipped": True} for name in NAMES
    ]


def test_a_manifest_is_a_line_of_json_for_each_input(pictures: Convcli) -> None:
    pictures(*BLUR)
    lines = [json.loads(line) for line in MANIFEST.read_text().splitlines()]
    for line, name in zip(lines, NAMES, strict=True):
        source, made = Path(f"in/{name}.png"), OUT / f"{name}-gaussian.png"
        assert line["input"] == str(source)
        assert line["file"] == str(Path.cwd() / source)
        assert (line["size"], line["changed"]) == (source.stat().st_size, source.stat().st_mtime_ns)
        (result,) = line["results"]
        digest = subprocess.run(["sha256sum", made], capture_output=True, text=True).stdout.split()[0]
        assert (result["path"], result["sha256"]) == (made.name, digest)
        assert (result["size"], result["changed"]) == (made.stat().st_size, made.stat().st_mtime_ns)


def test_one_input_has_no_manifest_unless_it_is_asked_for(pictures: Convcli) -> None:
    one = ("pool", "in/a.png", "-o", "out/")
    assert pictures(*one).status == 0
    assert not MANIFEST.exists()
    for skipped in (False, True):  # the first compares what is there
        said = json.loads(pictures(*one, "--resume", "--json").out)
        assert said.get("skipped", False) is skipped
        assert said["output"] == "out/a-max.png"
    assert len(MANIFEST.read_text().splitlines()) == 1


def same_size(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def touched(path: Path) -> None:
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1))


# Each changes something of b.png or of its result.
ONE_CHANGED: dict[str, Callable[[], object]] = {
    "another picture": lambda: picture("in/b.png", 9),
    "a later time": lambda: touched(Path("in/b.png")),
    "a link to another file": lambda: (os.remove("in/b.png"), os.symlink("a.png", "in/b.png")),
    "no result": lambda: (OUT / "b-gaussian.png").unlink(),
    "a result cut short": lambda: os.truncate(OUT / "b-gaussian.png", 20),
    "an empty result": lambda: os.truncate(OUT / "b-gaussian.png", 0),
    "a changed result": lambda: same_size(OUT / "b-gaussian.png"),
    "a folder in its place": lambda: (
        (OUT / "b-gaussian.png").unlink(),
        picture("out/b-gaussian.png/x.png", 1),
    ),
}


@pytest.mark.parametrize("change", ONE_CHANGED)
def test_what_has_changed_is_done_again(pictures: Convcli, change: str) -> None:
    pictures(*BLUR)
    before = results()
    ONE_CHANGED[change]()
    ran = pictures(*BLUR, "--resume")
    if change == "a folder in its place":
        assert "'out/b-gaussian.png' cannot be written: it is a folder" in ran.lines[0]
        assert counts(ran) == "0 done, 2 skipped, 1 failed"
        return
    assert (ran.status, counts(ran)) == (0, "1 done, 2 skipped")
    after = results()
    assert {name for name in after if after[name] != before[name]} == {"b-gaussian.png"}
    pictures("filter", "in/b.png", "-k", "gaussian:sigma=1", "--out-dir", "fresh")
    assert after["b-gaussian.png"][0] == Path("fresh/b-gaussian.png").read_bytes()
    assert counts(pictures(*BLUR, "--resume")) == "0 done, 3 skipped"


OTHER_OPTIONS = {
    "a parameter of the kernel": ["-k", "gaussian:sigma=2"],
    "values": ["--range", "scale"],
    "the border": ["--pad", "wrap"],
    "the frame": ["--frame", "0"],
    "compression": ["--compress", "small"],
    "a second kernel": ["-k", "box"],
    "a sheet": ["--sheet", "sheets/"],
}


@pytest.mark.parametrize("other", OTHER_OPTIONS)
def test_other_options_make_all_of_it_again(pictures: Convcli, other: str) -> None:
    """Results of one name are replaced: the manifest says whose they are."""
    pictures(*BLUR)
    options = [*BLUR, *OTHER_OPTIONS[other]]
    if other == "a parameter of the kernel":
        options.remove("gaussian:sigma=1")
        options.remove("-k")
    ran = pictures(*options, "--resume")
    assert ran.status == 0, ran.err
    assert "skipped" not in ran.err
    fresh = [*options, "--out-dir", "fresh"]
    assert pictures(*fresh, *(["--force"] if other == "a sheet" else [])).status == 0
    made = {name: content for name, (content, _) in results(Path("fresh")).items()}
    assert {name: content for name, (content, _) in results().items()} == made
    assert counts(pictures(*options, "--resume")) == "0 done, 3 skipped"


SAME = {
    "threads": ["--jobs", "1"],
    "all inputs named": ["--force"],
    "a limit": ["--max-pixels", "1000"],
}


@pytest.mark.parametrize("same", SAME)
def test_options_that_change_no_bytes(pictures: Convcli, same: str) -> None:
    pictures(*BLUR)
    assert counts(pictures(*BLUR, *SAME[same], "--resume")) == "0 done, 3 skipped"


def test_another_version_makes_all_of_it_again(pictures: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    pictures(*BLUR)
    monkeypatch.setattr(manifest, "_VERSION", "convcli 99")
    assert "skipped" not in pictures(*BLUR, "--resume").err
    assert counts(pictures(*BLUR, "--resume")) == "0 done, 3 skipped"


def test_kernel_files_count_by_their_weights(pictures: Convcli) -> None:
    command = ("filter", "in", "--recursive", "-k", "k.csv", "--out-dir", "out")
    Path("k.csv").write_text("0,1,0\n1,1,1\n0,1,0\n")
    pictures(*command, "--normalize")
    Path("k.csv").write_text("0, 1, 0\n1, 1, 1\n0, 1, 0\n")
    assert counts(pictures(*command, "--normalize", "--resume")) == "0 done, 3 skipped"
    Path("k.csv").write_text("0,1,0\n1,2,1\n0,1,0\n")
    assert "skipped" not in pictures(*command, "--normalize", "--resume").err


def test_stacks_count_by_their_layers_and_weights(pictures: Convcli) -> None:
    stack = '[[layer]]\ntype = "conv"\nkernel = "sobel-x"\n'
    Path("net.toml").write_text(stack)
    command = ("run", "net.toml", "in", "--recursive", "--out-dir", "out", "--save-maps", "maps")
    assert pictures(*command).status == 0
    before = results(), {path: path.stat().st_mtime_ns for path in Path("maps").rglob("*.png")}
    Path("net.toml").write_text(f"# a remark\n{stack}")
    assert counts(pictures(*command, "--resume")) == "0 done, 3 skipped"
    assert before == (results(), {path: path.stat().st_mtime_ns for path in Path("maps").rglob("*.png")})
    next(iter(Path("maps/b").glob("*.png"))).unlink()
    assert counts(pictures(*command, "--resume")) == "1 done, 2 skipped"
    assert set(Path("maps").rglob("*.png")) == set(before[1])
    Path("net.toml").write_text(stack.replace("sobel-x", "sobel-y"))
    again = pictures(*command, "--resume")
    assert again.status == 0
    assert "skipped" not in again.err


def test_other_spellings_and_another_folder_are_the_same(
    pictures: Convcli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    pictures("pool", "in/a.png", "in/b.png", "--out-dir", "out")
    os.symlink("in", "link")
    os.rename("out", "moved")
    for one in ("./in/a.png", f"{tmp_path}/in/a.png", "in/../in/a.png", "link/a.png"):
        ran = pictures("pool", one, "in/b.png", "--out-dir", "moved/", "--resume")
        assert (counts(ran), ran.out) == ("0 done, 2 skipped", b"moved/a-max.png\nmoved/b-max.png\n")
    monkeypatch.chdir("in")
    assert counts(pictures("pool", "a.png", "b.png", "-o", "../moved/", "--resume")) == "0 done, 2 skipped"
    shutil.copytree("../moved", "../copied", copy_function=shutil.copyfile)  # with other times
    assert counts(pictures("pool", "a.png", "b.png", "-o", "../copied/", "--resume")) == "0 done, 2 skipped"


def test_a_file_that_is_not_known_is_compared(pictures: Convcli) -> None:
    pictures(*BLUR)
    MANIFEST.unlink()
    before = results()
    (OUT / "b-gaussian.png").write_bytes(b"mine")
    ran = pictures(*BLUR, "--resume")
    assert ran.status == 1
    assert ran.lines[0].startswith(
        "error: 'in/b.png': 'out/b-gaussian.png' is already there; hint: add --force"
    )
    assert counts(ran) == "2 done, 1 failed"
    assert results() == before | {"b-gaussian.png": results()["b-gaussian.png"]}
    assert (OUT / "b-gaussian.png").read_bytes() == b"mine"
    assert counts(pictures(*BLUR, "--resume", "--force")) == "1 done, 2 skipped"


@pytest.mark.parametrize("kind", ["tif", "zarr"])
def test_results_in_tiles(pictures: Convcli, kind: str) -> None:
    """A copy has other times; a worker that was killed may have written results, but not their lines."""
    if kind == "zarr":
        pytest.importorskip("zarr")
    command = ("pool", "in/a.png", "in/b.png", "--format", kind, "--tile", "16", "--out-dir")
    assert pictures(*command, "out").status == 0
    shutil.copytree("out", "copied", copy_function=shutil.copyfile)
    for path in Path("copied").rglob("*"):
        os.utime(path, (0, 0))
    assert counts(pictures(*command, "copied", "--resume")) == "0 done, 2 skipped"
    places = [path for path in Path("copied").rglob(f"a-max.{kind}*/**/*") if path.is_file()]
    same_size(max(places, default=Path("copied/a-max.tif")))
    assert counts(pictures(*command, "copied", "--resume")) == "1 done, 1 skipped"
    MANIFEST.unlink()
    before = {path: path.stat().st_mtime_ns for path in OUT.rglob("*")}
    assert pictures(*command, "out", "--resume").lines == []
    assert {path: path.stat().st_mtime_ns for path in before} == before
    MANIFEST.unlink()
    ran = pictures(*command, "out", "--resume", "--mode", "max", "--compress", "none")
    assert counts(ran) == "0 done, 2 failed"
    assert f"'out/a-max.{kind}' is already there; hint: add --force" in ran.lines[0]
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert not list(OUT.glob(".convcli-*.part"))


def test_without_resume_the_error_says_how_to_go_on(pictures: Convcli) -> None:
    pictures(*BLUR)
    ran = pictures(*BLUR)
    assert all("is already there; hint: " in line and "--resume" in line for line in ran.lines[:3])
    assert counts(ran) == "0 done, 3 failed"


def test_resume_without_a_folder_is_refused(pictures: Convcli) -> None:
    for inputs in (["in/a.png"], ["in/a.png", "in/b.png"], ["in/a.png", "-o", "x.png"]):
        pictures("pool", *inputs, "--resume").check_refusal(2, "--resume", "--out-dir")


def test_stdin_is_always_done(pictures: Convcli) -> None:
    content = Path("in/a.png").read_bytes()
    command = ("pool", "-", "in/b.png", "--out-dir", "out", "--resume")
    assert pictures(*command, stdin=content).status == 0
    assert counts(pictures(*command, stdin=content)) == "1 done, 1 skipped"


def test_inputs_of_one_stem(pictures: Convcli) -> None:
    """The first has the name, in each run: the other one's error stays."""
    shutil.copy("in/b.png", "in/a.tif")
    Image.open("in/b.png").save("in/a.bmp")
    picture("in/sub/a.png", 3)
    command = ("pool", "in/a.png", "in/a.bmp", "--format", "png", "--out-dir", "out")
    made = None
    for extra in ([], ["--resume"], ["--resume", "--jobs", "2"], ["--resume", "--force"]):
        ran = pictures(*command, *extra)
        assert ran.status == 1
        assert "'out/a-max.png' already holds the result of 'in/a.png'" in ran.lines[0]
        made = made or Path("out/a-max.png").read_bytes()
        assert Path("out/a-max.png").read_bytes() == made
    # Which of them has the name is known where they are worked on, together.
    assert counts(ran) == "1 done, 1 failed"


NAMED = [b"new\nline.png", b"caf\xe9.png", "π.png".encode(), b'quote".png', b"two  spaces.png"]


def test_any_name_survives(convcli: Convcli) -> None:
    for seed, name in enumerate(NAMED):
        picture(os.fsdecode(b"in/" + name), seed)
    command = ("pool", "in", "--recursive", "--out-dir", os.fsdecode(b"o\xff\nut"))
    first = convcli(*command)
    again = convcli(*command, "--resume")
    assert (first.status, again.out, again.lines) == (0, first.out, ["0 done, 5 skipped"])


def test_failures_are_tried_again(pictures: Convcli) -> None:
    good = Path("in/b.png").read_bytes()
    Path("in/b.png").write_bytes(good[:40])
    assert counts(pictures(*BLUR)) == "2 done, 1 failed"
    assert counts(pictures(*BLUR, "--resume")) == "0 done, 2 skipped, 1 failed"
    Path("in/b.png").write_bytes(good)
    assert counts(pictures(*BLUR, "--resume")) == "1 done, 2 skipped"


LINE = b'{"input":"x","file":"/x","folder":"","size":1,"changed":1,"options":"","version":"","results":%s}\n'
RESULT = b'[{"kind":"output","path":"x","size":1,"changed":%s,"sha256":%s}]'
DAMAGED = {
    "no JSON": b"hello\n",
    "not UTF-8": b'{"input": "\xff"}\n',
    "zeros": b"\0" * 100 + b"\n",
    "another value": b"[1, 2]\n",
    "another object": b"{}\n",
    "a wrong type": LINE % b'"x"',
    "no results": LINE % b"[]",
    "a wrong time": LINE % (RESULT % (b"null", b'""')),
    "a wrong digest": LINE % (RESULT % (b"1", b"null")),
    "a long number": b"1" * 5000 + b"\n",
    "nested": b"[" * 100_000 + b"\n",
    "too long": b'"' + b"x" * 3000 + b'"\n',
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_damaged_lines_are_said_and_ignored(
    pictures: Convcli, damage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if damage == "too long":
        monkeypatch.setattr(json_lines, "MOST", 2000)
    pictures(*BLUR)
    first, _, third = MANIFEST.read_bytes().splitlines(keepends=True)
    MANIFEST.write_bytes(first + DAMAGED[damage] + third + b"\n")
    ran = pictures(*BLUR, "--resume")
    assert (ran.status, ran.lines) == (
        0,
        [f"{str(MANIFEST)!r}: line 2 is damaged and ignored", "1 done, 2 skipped"],
    )
    MANIFEST.write_bytes(DAMAGED[damage] * 2 + first)
    said = f"{str(MANIFEST)!r}: 2 lines are damaged and ignored, the first is line 1"
    assert said in pictures(*BLUR, "--resume").lines
    assert MANIFEST.read_bytes().startswith(DAMAGED[damage] * 2 + first)


def test_a_line_that_is_cut_off_is_mended_quietly(pictures: Convcli) -> None:
    pictures(*BLUR)
    whole = MANIFEST.read_bytes()
    last = whole.rindex(b"\n", 0, -1) + 1
    for end in (last + 1, last + 40, len(whole) - 1):
        MANIFEST.write_bytes(whole[:end])
        assert pictures(*BLUR, "--resume").lines == ["1 done, 2 skipped"]
        assert pictures(*BLUR, "--resume").lines == ["0 done, 3 skipped"]


def unusable(kind: str) -> None:
    MANIFEST.unlink()
    {
        "a folder": lambda: MANIFEST.mkdir(),
        "a pipe": lambda: os.mkfifo(MANIFEST),
        "a device": lambda: MANIFEST.symlink_to("/dev/full"),
        "a circle": lambda: MANIFEST.symlink_to(MANIFEST.name),
    }[kind]()


@pytest.mark.parametrize("kind", ["a folder", "a pipe", "a device", "a circle"])
@pytest.mark.parametrize("extra", [["--resume"], ["--force"]])
def test_what_cannot_be_a_manifest_is_said_once(pictures: Convcli, kind: str, extra: list[str]) -> None:
    pictures(*BLUR)
    before = {name: content for name, (content, _) in results().items()}
    unusable(kind)
    ran = pictures(*BLUR, *extra)
    assert ran.status == 0
    (line,) = ran.lines
    assert line.startswith(f"{str(MANIFEST)!r} cannot be ")
    assert {name: content for name, (content, _) in results().items()} == before


def test_a_manifest_on_a_full_disk_stops_nothing(pictures: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_lines.os, "pread", failing(errno.ENOSPC))
    pictures("pool", "in/a.png", "in/b.png", "--out-dir", "out")
    ran = pictures(*BLUR)
    assert ran.status == 0
    (line,) = ran.lines
    assert line.startswith(f"{str(MANIFEST)!r} cannot be written: no space left on device; ")
    assert len(results()) == 5


def test_several_processes_share_a_manifest(tmp_path: Path) -> None:
    """Their lines do not mix, whatever their lengths are."""
    script = (
        "import sys; from convcli.pipeline.records.json_lines import JsonLines\n"
        "lines = JsonLines(sys.argv[1], lambda value: (value['key'], value))\n"
        "for number in range(200):\n"
        "    lines.append({'key': f'{sys.argv[2]}-{number}', 'long': 'x' * (number * 50)})\n"
    )
    path = str(tmp_path / "lines.jsonl")
    running = [subprocess.Popen([PROGRAM[0], "-c", script, path, str(n)]) for n in range(3)]
    assert [one.wait(timeout=300) for one in running] == [0, 0, 0]
    lines = JsonLines(path, lambda value: (value["key"], value))
    for n in range(3):
        for number in (0, 100, 199):
            (found,) = lines.find(f"{n}-{number}")
            assert found["long"] == "x" * (number * 50)
    assert lines.notes == []
    lines.close()


def test_the_newest_line_comes_first(tmp_path: Path) -> None:
    lines = JsonLines(str(tmp_path / "lines.jsonl"), lambda value: (value["key"], value))
    for number in range(4):
        lines.append({"key": str(number % 2), "number": number})
    assert [found["number"] for found in lines.find("1")] == [3, 1]
    assert lines.find("2") == []
    lines.close()


@pytest.mark.parametrize("after", [1, 8])
def test_killed_and_resumed(convcli: Convcli, after: int) -> None:
    for seed in range(12):
        picture(f"in/{seed:02}.png", seed, (200, 300))
    command = ("filter", "in/*.png", "-k", "gaussian:sigma=4", "-k", "sobel", "--out-dir", "out")
    with subprocess.Popen([*PROGRAM, *command], stdout=subprocess.PIPE, start_new_session=True) as running:
        assert running.stdout is not None
        for _ in range(2 * after):
            assert running.stdout.readline()
        os.killpg(running.pid, signal.SIGKILL)
    assert running.returncode in (-signal.SIGKILL, 0)
    known = [
        OUT / made["path"]
        for line in MANIFEST.read_bytes().splitlines(keepends=True)
        if line.endswith(b"\n")
        for made in json.loads(line)["results"]
    ]
    assert len(known) >= 2 * after
    before = {path: path.stat() for path in known}
    ran = convcli(*command, "--resume")
    assert (ran.status, len(ran.out.splitlines())) == (0, 24)
    assert f"{len(known) // 2} skipped" in counts(ran)
    assert all(path.stat().st_mtime_ns == old.st_mtime_ns for path, old in before.items())
    assert convcli(*command, "--out-dir", "fresh").status == 0
    content = {name: content for name, (content, _) in results().items()}
    assert content == {name: content for name, (content, _) in results(Path("fresh")).items()}
    assert len(content) == 24
