"""--dry-run: what it lists is what the run then does, and nothing is touched."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.paths import SAMPLES
from tests.program import Convcli

NET = '[[layer]]\ntype = "conv"\nkernel = "sobel-x"\n'


def touched() -> dict[str, tuple[int, int, int]]:
    """Everything below the current folder: number, size and time of the last change."""
    paths = [path for path in Path().rglob("*") if path.exists()]
    return {str(path): (one.st_ino, one.st_size, one.st_mtime_ns) for path in paths for one in [path.stat()]}


@pytest.fixture
def files(convcli: Convcli) -> Convcli:
    """A picture in each of many formats, and in other formats than their names say."""
    Path("in/sub").mkdir(parents=True)
    pixels = np.random.default_rng(3).integers(0, 256, (8, 10, 3), dtype=np.uint8)
    for suffix in ("png", "jpg", "JPEG", "tif", "webp", "bmp", "ppm", "tga", "jp2", "qoi", "avif", "ico"):
        picture = Image.fromarray(pixels)
        picture.save(f"in/{suffix}.{suffix}", **({"format": "JPEG2000"} if suffix == "jp2" else {}))
    Image.fromarray(pixels).quantize(16).save("in/gif.gif")
    Image.fromarray(pixels[..., 0]).save("in/pgm.pgm")
    Image.fromarray(pixels[..., 0]).save("in/pnm.pnm", format="PPM")
    Image.fromarray(pixels).save("in/wrong.png", format="JPEG")
    Image.fromarray(pixels).save("in/none", format="PNG")
    Image.fromarray(pixels).save("in/sub/png.png")
    np.save("in/array.npy", pixels[..., 0].astype(float))
    np.savetxt("in/table.csv", pixels[..., 0], delimiter=",", fmt="%d")
    np.savez("in/two.npz", a=pixels[..., 0], b=pixels[..., 1])
    Path("in/text.txt").write_text("1 2 3\n4 5 6\n7 8 9\n")
    Path("in/list").write_text("[[1, 2, 3], [3, 4, 5], [6, 7, 8]]")
    shutil.copy(SAMPLES / "camera.png", "in/camera.png")
    Path("net.toml").write_text(NET)
    return convcli


COMMANDS = {
    "several maps": ["filter", "-k", "sobel-x", "-k", "box"],
    "floats": ["filter", "-k", "sobel-x", "--range", "raw"],
    "run": ["run", "net.toml"],
    "a format": ["pool", "--format", "tif"],
    "a sheet": ["pool", "--sheet", "sheets/"],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_listed_is_what_is_done(files: Convcli, name: str) -> None:
    inputs = sorted(str(path) for path in Path("in").iterdir() if path.is_file() and path.suffix != ".npz")
    command, *options = COMMANDS[name]
    first = [options.pop(0)] if command == "run" else []
    given = [command, *first, *inputs, "in/two.npz:b", *options, "--out-dir", "out/deep"]
    before = touched()
    planned, as_json = files(*given, "--dry-run"), files(*given, "--dry-run", "--json")
    assert touched() == before
    done = files(*given, "--json")
    assert [planned.status, as_json.status, done.status] == [0, 0, 0], done.err
    said = [json.loads(line) for line in done.out.splitlines()]
    made = {one["input"]: one for one in said if "output" in one}
    assert len(made) > 20
    listed = [json.loads(line) for line in as_json.out.splitlines()]
    assert [one["input"] for one in listed] == [one["input"] for one in said]
    lines = dict(line.split(" -> ") for line in planned.out.decode().splitlines())
    for one in listed:
        if one["input"] not in made:
            assert "error" in one
            continue
        real = made[one["input"]]
        assert (one["output"], one.get("sheet"), one["skipped"]) == (real["output"], real.get("sheet"), False)
        outputs = real["output"] if isinstance(real["output"], list) else [real["output"]]
        assert lines[one["input"]] == ", ".join([*outputs, *filter(None, [real.get("sheet")])])
    assert set(lines) == set(made)


def test_of_each_input_what_would_be_done(files: Convcli) -> None:
    command = ("pool", "in/png.png", "in/bmp.bmp", "in/tif.tif", "--out-dir", "out")
    files(*command)
    Path("out/bmp-max.bmp").write_bytes(b"mine")
    Path("out/.convcli-manifest.jsonl").write_text(
        Path("out/.convcli-manifest.jsonl").read_text().splitlines()[0] + "\n"
    )
    Path("in/png.png").touch()
    before = touched()
    ran = files(*command, "in/sub/png.png", "in/gif.gif", "in/no.png", "--resume", "--dry-run")
    assert touched() == before
    assert ran.status == 1
    assert ran.out.decode().splitlines() == [
        "in/png.png -> out/png-max.png (replaced)",
        "in/bmp.bmp -> out/bmp-max.bmp (there already: an error unless its bytes are the same)",
        "in/tif.tif -> out/tif-max.tif (there already: an error unless its bytes are the same)",
        "in/gif.gif -> out/gif-max.gif",
    ]
    assert ran.lines[0].startswith("error: 'in/sub/png.png': 'out/png-max.png' already holds the result of")
    assert ran.lines[1].startswith("error: 'in/no.png' does not exist; hint: ")
    assert ran.lines[2:] == ["4 to do, 2 refused"]


def test_what_is_done_would_be_skipped(files: Convcli) -> None:
    command = ("run", "net.toml", "in/png.png", "in/bmp.bmp", "--out-dir", "out")
    files(*command)
    before = touched()
    ran = files(*command, "--resume", "--dry-run")
    assert touched() == before
    assert (ran.status, ran.lines) == (0, ["0 to do, 2 skipped"])
    assert ran.out.decode().splitlines() == [
        f"in/{kind}.{kind} -> out/{kind}-net.npy (skipped: done already)" for kind in ("png", "bmp")
    ]
    ran = files(*command, "--dry-run")
    assert (ran.status, ran.out, ran.lines[-1]) == (1, b"", "0 to do, 2 refused")
    assert all("is already there; hint: add --force" in line for line in ran.lines[:2])
    ran = files(*command, "--dry-run", "--force")
    assert ran.out.decode().splitlines()[0] == "in/png.png -> out/png-net.npy (replaced)"


def test_inputs_of_one_name_are_done_again_together(files: Convcli) -> None:
    """A run cannot skip the first of them, as the second might have had the name."""
    command = ("pool", "in/png.png", "in/bmp.bmp", "--out-dir", "out")
    files(*command)
    ran = files(*command, "in/sub/png.png", "--resume", "--dry-run")
    done = files(*command, "in/sub/png.png", "--resume")
    assert [line.partition(" -> ")[0] for line in ran.out.decode().splitlines()] == [
        "in/png.png",
        "in/bmp.bmp",
    ]
    assert ran.lines[-1] == "1 to do, 1 skipped, 1 refused"
    assert done.lines[-1] == "1 done, 1 skipped, 1 failed"
    assert ran.lines[0] == done.lines[0]


ONE = {
    "beside the input": (["pool", "in/png.png"], "in/png.png -> png-max.png"),
    "a name": (["pool", "in/png.png", "-o", "x.jpg"], "in/png.png -> x.jpg"),
    "a folder": (["pool", "in/png.png", "-o", "new/"], "in/png.png -> new/png-max.png"),
    "stdout": (["pool", "in/png.png", "-o", "-"], "in/png.png -> stdout"),
    "the terminal": (["pool", "in/png.png", "--preview"], "in/png.png -> the terminal"),
    "stdin": (["pool", "-"], "stdin -> stdout"),
    "stdin to a folder": (["pool", "-", "--out-dir", "new"], "stdin -> new/stdin-max.*"),
    "stdin to a format": (["pool", "-", "--out-dir", "n", "--format", "png"], "stdin -> n/stdin-max.png"),
    "stdin to a file": (["pool", "-", "-o", "x.png"], "stdin -> x.png"),
    "maps by name": (
        ["filter", "in/png.png", "-k", "box", "-k", "log", "-o", "{map}.png"],
        "in/png.png -> box.png, log.png",
    ),
    "layers": (
        ["run", "net.toml", "in/png.png", "-o", "x.npy", "--save-maps", "maps"],
        "in/png.png -> x.npy, maps/",
    ),
    "a folder of inputs": (
        ["pool", "in/sub", "--recursive", "--out-dir", "new", "--sheet", "sheets/"],
        "in/sub/png.png -> new/png-max.png, sheets/png-sheet.png",
    ),
    "a cluster": (
        ["pool", "in/png.png", "--out-dir", "new", "--cluster", "127.0.0.1:1"],
        "in/png.png -> new/png-max.png",
    ),
}


@pytest.mark.parametrize("name", ONE)
def test_one_input(files: Convcli, name: str) -> None:
    command, line = ONE[name]
    before = touched()
    ran = files(*command, "--dry-run", stdin=b"")
    assert (ran.status, ran.out.decode(), ran.err) == (0, f"{line}\n", "")
    assert touched() == before


REFUSED = {
    "text": (["pool", "words.txt"], "'words.txt' is not a picture"),
    "nothing": (["pool", "in/no.png"], "'in/no.png' does not exist"),
    "an empty file": (["pool", "empty.png"], "'empty.png' is empty"),
    "a folder": (["pool", "in"], "'in' is a folder"),
    "the input itself": (["pool", "in/png.png", "-o", "in/png.png"], "is the input itself"),
    "what holds no channels": (
        ["filter", "in/png.png", "-k", "box", "-k", "log", "-o", "x.png"],
        "do not fit",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_known_to_fail_fails(files: Convcli, name: str) -> None:
    Path("empty.png").touch()
    Path("words.txt").write_text("no numbers")
    command, says = REFUSED[name]
    real_status = files(*command, "-o", "x.npy").status if "-o" not in command else files(*command).status
    ran = files(*command, "--dry-run")
    ran.check_refusal(real_status, says)
    assert not os.path.exists("x.png")


@pytest.mark.parametrize("extra", [[], ["--force"]])
def test_an_input_that_is_given_twice(files: Convcli, extra: list[str]) -> None:
    command = ["pool", "in/png.png", "in/png.png", "in/bmp.bmp", "--out-dir", "out", *extra]
    planned, done = files(*command, "--dry-run"), files(*command)
    assert planned.status == done.status == (0 if extra else 1)
    assert len(planned.out.splitlines()) == len(done.out.splitlines()) == (3 if extra else 2)
    assert planned.lines[:-1] == ([] if extra else done.lines[:1])
