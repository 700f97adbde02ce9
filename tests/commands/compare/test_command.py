"""``convcli compare`` as users meet it."""

import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from convcli.display.drawn import lettering
from convcli.pipeline import result_files
from tests.display.drawn.made_font import forget
from tests.oracle import SCIPY_MODES
from tests.paths import SAMPLES
from tests.program import Convcli

STACKS = SAMPLES / "stacks"
FULL = ("zero", "reflect", "replicate", "wrap", "symmetric", "valid")


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    """Something smooth, of which a padding can guess what is beyond the edge."""
    y, x = np.mgrid[:48, :56]
    pixels = 120 + 60 * np.sin(y / 9) + 40 * np.cos(x / 7) + 10 * np.sin(x * y / 31)
    path = tmp_path / "scene.png"
    Image.fromarray(np.rint(pixels).astype(np.uint8)).save(path)
    return path


def objects(out: bytes) -> list[dict]:
    return [json.loads(line) for line in out.splitlines()]


def modes(out: bytes) -> dict[str, dict]:
    (one,) = objects(out)
    return {mode["pad"]: mode for mode in one["modes"]}


def test_figures_are_scipys(convcli: Convcli, scene: Path) -> None:
    ran = convcli("compare", scene, "-k", "binomial:size=5", "--crop", 6, "--json")
    (told,) = objects(ran.out)
    whole = np.asarray(Image.open(scene), float)
    weights = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    truth = ndimage.correlate(whole, weights)[6:-6, 6:-6]
    edge = np.ones(truth.shape, bool)
    edge[2:-2, 2:-2] = False
    found = {mode["pad"]: mode for mode in told["modes"]}
    assert tuple(found) == FULL
    maes = {}
    for pad, mode in SCIPY_MODES.items():
        error = np.abs(ndimage.correlate(whole[6:-6, 6:-6], weights, mode=mode) - truth)
        maes[pad] = error[edge].mean()
        assert found[pad]["mae"] == pytest.approx(maes[pad], abs=1e-6)
        assert found[pad]["max"] == pytest.approx(error[edge].max(), abs=1e-6)
        assert found[pad]["psnr"] == pytest.approx(
            10 * np.log10(255**2 / (error[edge] ** 2).mean()), abs=1e-6
        )
        assert found[pad]["sides"]["top"] == pytest.approx(error[:2].mean(), abs=1e-6)
        assert found[pad]["sides"]["right"] == pytest.approx(error[:, -2:].mean(), abs=1e-6)
        assert found[pad]["corners"]["bottom-left"] == pytest.approx(error[-2:, :2].mean(), abs=1e-6)
        assert found[pad]["depth"] == 2
        assert len(found[pad]["by_distance"]) == 3
    assert found["valid"]["mae"] is None
    assert found["valid"]["psnr"] is None
    assert told["best"] == min(maes, key=maes.get)
    assert told["best"] in told["verdict"]
    assert told["band"] == {"top": 2, "bottom": 2, "left": 2, "right": 2}
    assert (told["kernel"], told["layers"], told["crop"], told["peak"]) == ("binomial:size=5", 1, 6, 255)
    assert told["size"] == [36, 44]


def test_the_table(convcli: Convcli, scene: Path) -> None:
    ran = convcli("compare", scene, "-k", "gaussian:sigma=2", "--crop", 12)
    lines = ran.out.decode().splitlines()
    assert ran.status == 0
    assert ran.err == ""
    assert max(map(len, lines)) <= 80
    assert lines[:3] == [
        "scene.png, gaussian:sigma=2",
        "48 x 56 pixels, cut by 12 on each side to 24 x 32",
        "1 layer, kernel of 17 x 17; result 24 x 32, border band 8 px deep",
    ]
    rows = [line.split() for line in lines if line.startswith(FULL)]
    assert [row[0] for row in rows[:6]] == list(FULL)
    assert [row[1] for row in rows if row[1] == "*"] == ["*", "*"]
    assert lines[-1] == "* the best"
    told = modes(convcli("compare", scene, "-k", "gaussian:sigma=2", "--crop", 12, "--json").out)
    assert float(rows[0][1]) == pytest.approx(told["zero"]["mae"], rel=0.01)


def test_a_narrow_terminal(convcli: Convcli, scene: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command in (["--crop", 12, "--layers", 2], ["--shift", "1,2"], ["--bias-map", "--samples", 3], []):
        monkeypatch.setenv("COLUMNS", "40")
        ran = convcli("compare", scene, "-k", "gaussian:sigma=1", *command)
        assert ran.status == 0, ran.err
        assert max(map(len, ran.out.decode().splitlines())) <= 40
        assert "…" not in ran.out.decode()


def test_columns_line_up(convcli: Convcli, scene: Path) -> None:
    """The decimal points of each column are below each other, and every figure has its unit above it."""
    lines = convcli("compare", scene, "-k", "gaussian:sigma=2", "--crop", 12).out.decode().splitlines()
    rows = [line for line in lines if line.startswith(FULL[:5])]
    for table in (rows[:5], rows[5:10]):
        points = [{at for at, letter in enumerate(row) if letter == "."} for row in table]
        assert all(found == points[0] for found in points)
        assert len(points[0]) == (4 if table[0] is rows[0] else 8)
    assert "Difference from the truth in the border band, in grey levels" in lines
    assert "Mean along each side and in each corner, in grey levels" in lines
    assert re.search(r"padding +mean +largest +PSNR, dB +SSIM +depth, px +by distance", "\n".join(lines))
    assert "PSNR, dB: peak 255, white" in lines


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["-p", "reflect", "-p", "zero"], ["reflect", "zero"]),
        (["--pad", "zero,reflect"], ["zero", "reflect"]),
        (["-p", "zero, Reflect", "-p", "zero,wrap"], ["zero", "reflect", "wrap"]),
        (["-p", "edge,scipy:reflect", "-p", "torch:circular"], ["replicate", "symmetric", "wrap"]),
        (["-p", "valid,mirror"], ["valid", "reflect"]),
        (["-p", "constant,zero"], ["constant", "zero"]),
        (["-p", "constant,wrap", "--pad-value", 9], ["constant", "wrap"]),
        ([], list(FULL)),
        (["--pad-value", 0], list(FULL)),
        (["--pad-value", 128], ["zero", "constant", *FULL[1:]]),
    ],
    ids=lambda value: " ".join(map(str, value)),
)
def test_modes_are_chosen(convcli: Convcli, scene: Path, words: list, expected: list[str]) -> None:
    command = ("compare", scene, "-k", "gaussian:sigma=1", *words)
    assert list(modes(convcli(*command, "--crop", 6, "--json").out)) == expected
    told = modes(convcli(*command, "--json").out)
    assert list(told) == expected
    padded = [pad for pad in expected if pad != "valid"]
    if "valid" not in str(words):
        for trial in (["--shift", "1,2"], ["--bias-map", "--samples", 3]):
            assert list(modes(convcli(*command, *trial, "--json").out)) == padded
    lines = convcli(*command).out.decode().splitlines()
    names = [line.split()[0] for line in lines if line.startswith((*FULL, "constant"))]
    assert names == 2 * expected


def test_figures_do_not_depend_on_the_choice(convcli: Convcli, scene: Path) -> None:
    for more in (["--crop", 6], []):
        every = modes(convcli("compare", scene, "-k", "box:size=5", *more, "--json").out)
        some = modes(convcli("compare", scene, "-k", "box:size=5", *more, "-p", "wrap,zero", "--json").out)
        assert some == {pad: every[pad] for pad in ("wrap", "zero")}


def test_one_mode_alone_is_not_the_best(convcli: Convcli, scene: Path) -> None:
    command = ("compare", scene, "-k", "box:size=5", "--crop", 6, "-p", "wrap")
    text = convcli(*command).out.decode()
    assert "best" not in text
    assert "wrap *" not in text
    (told,) = objects(convcli(*command, "--json").out)
    assert told["verdict"].startswith("wrap: mean error ")


def test_ties_are_named(convcli: Convcli, scene: Path) -> None:
    """With a kernel of 3 x 3 one pixel is made up: the edge pixel, both by replicate and by symmetric."""
    (told,) = objects(convcli("compare", scene, "-k", "box", "--crop", 4, "--json").out)
    assert [told["best"], *told["ties"]] == ["replicate", "symmetric"]
    assert told["verdict"].startswith("replicate and symmetric are equally best: mean error ")
    assert told["verdict"].endswith("replicate or symmetric: no visible difference (equal results).")
    text = convcli("compare", scene, "-k", "box", "--crop", 4).out.decode()
    assert re.findall(r"^(\w+) \*", text, re.MULTILINE) == ["replicate", "symmetric"] * 2
    (unknown,) = objects(convcli("compare", scene, "-k", "box", "--json").out)
    assert unknown["ties"] == []


@pytest.mark.usefixtures("tmp_path")
def test_peaks_and_units(convcli: Convcli) -> None:
    """PSNR refers to the range of the data: white of 8 and 16 bits, of floats greatest minus least."""
    pixels = np.random.default_rng(5).integers(0, 200, (20, 30)).astype(np.uint8)
    edge = np.ones((16, 26), bool)
    edge[1:-1, 1:-1] = False

    def psnr(whole: np.ndarray, extent: float) -> float:
        truth = ndimage.uniform_filter(whole.astype(float), 3)[2:-2, 2:-2]
        result = ndimage.uniform_filter(whole[2:-2, 2:-2].astype(float), 3, mode="wrap")
        return 10 * np.log10(extent**2 / ((result - truth)[edge] ** 2).mean())

    Image.fromarray(pixels).save("eight.png")
    Image.fromarray(pixels.astype(np.uint16) * 257).save("sixteen.png")
    np.save("unit.npy", pixels / 255)
    np.save("signed.npy", pixels / 100 - 1)
    np.save("kelvin.npy", 250 + pixels / 10)
    cases = {
        "eight.png": (255, pixels, "in grey levels", "peak 255, white"),
        "sixteen.png": (65535, pixels.astype(float) * 257, "in grey levels", "peak 65535, white"),
        "unit.npy": (1, pixels / 255, "in the data's units", "peak 1, the data's range"),
        "signed.npy": (1.99, pixels / 100 - 1, "in the data's units", "peak 1.99, the data's range"),
        "kelvin.npy": (19.9, 250 + pixels / 10, "in the data's units", "peak 19.9, the data's range"),
    }
    for name, (extent, whole, unit, peak) in cases.items():
        command = ("compare", name, "-k", "box", "--crop", 2)
        (told,) = objects(convcli(*command, "--json").out)
        assert told["peak"] == pytest.approx(extent)
        wrap = next(mode for mode in told["modes"] if mode["pad"] == "wrap")
        assert wrap["psnr"] == pytest.approx(psnr(whole, extent), abs=1e-4)
        text = convcli(*command).out.decode()
        assert f"in the border band, {unit}\n" in text
        assert f"PSNR, dB: {peak}\n" in text
    stack = convcli("compare", "sixteen.png", "--stack", STACKS / "low-light.toml", "--crop", 8).out.decode()
    assert "in the border band, white being 1\n" in stack
    assert "PSNR, dB: peak 1, white\n" in stack


def test_an_uneven_band_is_told_by_side(convcli: Convcli, scene: Path) -> None:
    """A kernel of 2 x 4 pads 1 row at the bottom, 1 column at the left and 2 at the right."""
    text = " ".join(convcli("compare", scene, "-k", "1 1 1 1; 1 1 1 1", "--crop", 4).out.decode().split())
    assert (
        "kernel of 2 x 4; result 40 x 48, border band 0 px (top), 1 (bottom), 1 (left), 2 (right) deep"
        in text
    )


def test_layers_reach_farther(convcli: Convcli, scene: Path) -> None:
    for layers in (1, 2, 3):
        told = modes(
            convcli("compare", scene, "-k", "box:size=5", "--crop", 6, "--layers", layers, "--json").out
        )
        assert {mode["depth"] for pad, mode in told.items() if pad != "valid"} == {2 * layers}
        assert [value > 0 for value in told["zero"]["by_distance"]] == [True] * 2 * layers + [False]


def test_a_stack(convcli: Convcli, scene: Path) -> None:
    ran = convcli("compare", scene, "--stack", STACKS / "pyramid.toml", "--crop", 16, "--json")
    (told,) = objects(ran.out)
    assert told["stack"].endswith("pyramid.toml")
    assert "kernel" not in told
    assert told["size"] == [2, 3]
    assert told["peak"] == 1
    assert told["best"] in {"reflect", "replicate", "symmetric"}
    whole = np.asarray(Image.open(scene), float) / 255
    weights = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
    deep = whole, whole[16:-16, 16:-16]
    for _ in range(3):
        deep = tuple(ndimage.correlate(x, weights, mode="mirror")[::2, ::2] for x in deep)
    error = np.abs(deep[1] - deep[0][2:4, 2:5])
    assert {m["pad"]: m["mae"] for m in told["modes"]}["reflect"] == pytest.approx(error.mean(), abs=1e-6)


def test_a_larger_picture_as_truth(convcli: Convcli, scene: Path, tmp_path: Path) -> None:
    with Image.open(scene) as whole:
        whole.crop((6, 5, 46, 41)).save(tmp_path / "cut.png")
    one = convcli("compare", "cut.png", "-k", "box", "--truth", scene, "--json")
    other = convcli("compare", "cut.png", "-k", "box", "--truth", scene, "--offset", "5,6", "--json")
    assert modes(one.out) == modes(other.out)
    assert objects(one.out)[0]["reference"] == "truth"
    text = convcli("compare", "cut.png", "-k", "box", "--truth", scene).out.decode()
    assert "36 x 40 pixels, cut from scene.png (48 x 56) at 5,6" in text
    wrong = convcli("compare", "cut.png", "-k", "box", "--truth", scene, "--offset", "5,7")
    assert wrong.status == 1
    assert re.search(r"truth does not contain the picture at 5,7: \d+ pixels differ", wrong.err)


def test_without_truth_nothing_is_best(convcli: Convcli, scene: Path) -> None:
    (told,) = objects(convcli("compare", scene, "-k", "box", "--json").out)
    assert told["best"] is None
    assert told["reference"] == "median"
    assert "not known without --crop or --truth" in told["verdict"]
    assert "zero is farthest from the middle of the modes" in told["verdict"]
    assert "replicate and symmetric are nearest" in told["verdict"]


def test_colours_alpha_and_gray(convcli: Convcli, photo: Path) -> None:
    ran = convcli("compare", SAMPLES / "cat-alpha.png", "-k", "box", "--crop", 3, "--json")
    assert "transparency is left out" in ran.err
    colour, gray = (
        modes(convcli("compare", photo, "-k", "sobel", "--crop", 3, "--json", *more).out)
        for more in ([], ["--gray"])
    )
    assert colour["zero"]["mae"] != gray["zero"]["mae"]
    luma = np.asarray(Image.open(photo).convert("L"), float)
    cut = luma[3:-3, 3:-3]
    truth, result = (
        np.hypot(*(ndimage.sobel(x, axis, mode="constant") for axis in (0, 1))) for x in (luma, cut)
    )
    edge = np.ones(cut.shape, bool)
    edge[1:-1, 1:-1] = False
    assert gray["zero"]["mae"] == pytest.approx(np.abs(result - truth[3:-3, 3:-3])[edge].mean(), abs=1e-6)


def test_options_of_the_window(convcli: Convcli, scene: Path) -> None:
    def zero(*more: object, pad: str = "zero") -> float:
        ran = convcli("compare", scene, "--crop", 12, "--json", "-k", *more)
        assert ran.status == 0, ran.err
        return modes(ran.out)[pad]["mae"]

    kernel = "1 2 3; 4 5 6; 7 8 9"
    plain = zero(kernel)
    assert zero(kernel, "--normalize") == pytest.approx(plain / 45)
    assert zero(kernel, "--convolve") == pytest.approx(zero("9 8 7; 6 5 4; 3 2 1"))
    assert zero(kernel, "--bias", 5) == pytest.approx(plain)
    assert zero(kernel, "--bias", 5, "--layers", 2) != pytest.approx(zero(kernel, "--layers", 2))
    assert zero(kernel, "--pad-value", 120, pad="constant") < plain / 2
    assert zero(kernel, "--pad-value", 120) == pytest.approx(plain)
    assert zero(kernel, "-d", 3) != pytest.approx(plain)
    assert zero(kernel, "-s", 2) != pytest.approx(plain)


def test_many_pictures(convcli: Convcli, scene: Path, photo: Path, gray: Path) -> None:
    names = [scene, photo, gray]
    told = objects(convcli("compare", *names, "-k", "box", "--crop", 2, "--json").out)
    assert [one["input"] for one in told] == list(map(str, names))
    ran = convcli("compare", *names, "-k", "box", "--crop", 2, "-v")
    lines = ran.out.decode().splitlines()
    assert lines[0] == "3 pictures, box"
    rows = {line.split()[0]: line.split()[1:] for line in lines if line.startswith(FULL)}
    for index, pad in enumerate(FULL[:5]):
        shares = [100 * one["modes"][index]["mae"] / one["peak"] for one in told]
        assert float(rows[pad][0]) == pytest.approx(np.mean(shares), rel=0.01)
        assert float(rows[pad][1]) == pytest.approx(np.std(shares), rel=0.02, abs=1e-4)
        assert float(rows[pad][2]) == pytest.approx(max(shares), rel=0.01)
        least = [min(mode["mae"] for mode in one["modes"] if mode["mae"] is not None) for one in told]
        wins = [one["modes"][index]["mae"] <= low * (1 + 1e-9) for one, low in zip(told, least, strict=True)]
        assert int(rows[pad][3]) == sum(wins)
    assert ran.err.count(": mean ") == 3
    # One pixel is made up: replicate and symmetric are the same, and told together.
    said = " ".join(convcli("compare", scene, scene, "-k", "box", "--crop", 2).out.decode().split())
    assert "replicate and symmetric are best most often, on 2 of 2; they have the least mean error" in said
    alone = convcli("compare", scene, scene, "-k", "box:size=5", "--crop", 4, "--gray").out.decode()
    assert re.search(r"(\w+) is best most often, on 2 of 2; it has the least mean", " ".join(alone.split()))


def test_one_failure_does_not_stop_the_others(convcli: Convcli, scene: Path) -> None:
    ran = convcli("compare", scene, "gone.png", scene, "-k", "box", "--crop", 2)
    assert ran.status == 1
    assert "'gone.png' does not exist" in ran.err
    assert ran.out.decode().startswith("2 pictures, box")
    assert "2 done, 1 failed" in ran.err


def test_picture_and_page(convcli: Convcli, scene: Path) -> None:
    ran = convcli(
        "compare", scene, "-k", "box", "--crop", 4, "--layers", 3, "-o", "m.png", "--html", "p.html"
    )
    assert ran.status == 0
    assert ran.out == b"m.png\np.html\n"
    assert "border band 3 px deep" in ran.err
    with Image.open("m.png") as made:
        assert min(made.size) > 500
    page = Path("p.html").read_text("utf-8")
    assert [page.count(f"layer {number}: box{number}") for number in (1, 2, 3)] == [1, 1, 1]
    quiet = convcli("compare", scene, "-k", "box", "--crop", 4, "-o", "m.png", "-q")
    assert (quiet.out, quiet.err) == (b"m.png\n", "")
    piped = convcli("compare", scene, "-k", "box", "--crop", 4, "-o", "-")
    assert piped.out.startswith(b"\x89PNG")
    assert "depth" in piped.err
    (told,) = objects(convcli("compare", scene, "-k", "box", "--crop", 4, "-o", "m.png", "--json").out)
    assert told["output"] == "m.png"


@pytest.mark.parametrize("more", [("--crop", "8"), ("--bias-map", "--samples", "9")])
def test_letters_that_no_font_has_are_said(
    convcli: Convcli, scene: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    monkeypatch.setattr(lettering, "_folders", list)
    forget()
    Path("照片.png").write_bytes(scene.read_bytes())
    note = "照片.png: no font of this system has 照片: pictures show codes such as \\u7167 instead"
    drawn = convcli("compare", "照片.png", "-k", "box", *more, "-o", "m.png").err.splitlines()
    assert [line for line in drawn if "font" in line] == [note]
    assert "font" not in convcli("compare", "照片.png", "-k", "box", *more).err
    forget()


def test_each_file_is_written_once(convcli: Convcli, scene: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    monkeypatch.setattr(result_files, "write_bytes", lambda path, data, **_: written.append((path, data[:5])))
    ran = convcli("compare", scene, "-k", "box", "--crop", 4, "-o", "m.png", "--html", "p.html")
    assert ran.out == b"m.png\np.html\n"
    assert written == [("m.png", b"\x89PNG\r"), ("p.html", b"<!doc")]
    convcli("compare", scene, "-k", "box", "--bias-map", "--samples", 3, "-o", "b.png")
    assert [path for path, _ in written] == ["m.png", "p.html", "b.png"]


def test_stdin_and_arrays(convcli: Convcli, scene: Path) -> None:
    ran = convcli("compare", "-", "-k", "box", "--crop", 4, "--json", stdin=scene.read_bytes())
    assert objects(ran.out)[0]["input"] == "-"
    ran = convcli("compare", SAMPLES / "notes-5x5.csv", "-k", "box", "--crop", 1, "--json")
    assert objects(ran.out)[0]["peak"] == 8, "from 1 to 9"


def test_it_does_not_matter(convcli: Convcli, tmp_path: Path) -> None:
    Image.new("L", (20, 20), 0).save(tmp_path / "black.png")
    (told,) = objects(convcli("compare", "black.png", "-k", "box", "--crop", 2, "--json").out)
    assert told["verdict"] == (
        "It does not matter which padding: zero, reflect, replicate, wrap and symmetric give the truth."
    )
    pixels = np.zeros((20, 20), np.uint8)
    pixels[1::2] = 1
    Image.fromarray(pixels).save(tmp_path / "dim.png")
    text = " ".join(convcli("compare", "dim.png", "-k", "box", "--crop", 2).out.decode().split())
    assert (
        "It does not matter which padding: zero, reflect, replicate, wrap and symmetric give the truth to"
        " 0.444 grey levels, less than half a step of the picture's depth." in text
    )
    np.save("dim.npy", pixels.astype(np.float32))
    assert "does not matter" not in convcli("compare", "dim.npy", "-k", "box", "--crop", 2).out.decode()


def test_bias_map(convcli: Convcli, scene: Path) -> None:
    def run(*more: object) -> bytes:
        return convcli("compare", scene, "-k", "gaussian:sigma=1", "--bias-map", *more).out

    told = modes(run("--json", "--samples", 60))
    assert tuple(told) == FULL[:5]
    assert told["wrap"]["mean"]["flatness"] == pytest.approx(1, abs=0.2)
    assert told["wrap"]["deviation"]["flatness"] == pytest.approx(1, abs=0.2)
    assert told["zero"]["mean"]["flatness"] > 2
    assert told["zero"]["mean"]["border"] < 120 < told["zero"]["mean"]["inside"]
    assert told["zero"]["mean"]["inside"] == pytest.approx(127.5, abs=1.5)
    assert run("--json", "--seed", 1, "--samples", 9) != run("--json", "--seed", 2, "--samples", 9)
    first, again = (objects(run("--json", "--seed", 1, "--samples", 9))[0]["modes"] for _ in range(2))
    assert first == again
    text = run("--samples", 250).decode()
    assert "250 random pictures of 48 x 56 pixels (seed 0)" in text
    assert "Mean and deviation are flat under wrap; the mean alone under" in text
    assert run("-o", "bias.png", "--samples", 5) == b"bias.png\n"
    with Image.open("bias.png") as made:
        assert made.size[0] > 900


def test_bias_map_of_a_stack_of_colours(convcli: Convcli, photo: Path) -> None:
    ran = convcli("compare", photo, "--stack", STACKS / "small.toml", "--bias-map", "--samples", 5, "--json")
    (told,) = objects(ran.out)
    assert told["size"] == [24, 31]
    assert 0.2 < told["modes"][0]["mean"]["inside"] < 0.8


def test_shift(convcli: Convcli, scene: Path) -> None:
    (told,) = objects(convcli("compare", scene, "-k", "box", "--shift", "-3,4", "--json").out)
    assert told["shift"] == [-3, 4]
    assert told["whole_steps"] is True
    for mode in told["modes"]:
        assert mode["inside"]["max"] == 0
        assert (mode["border"]["max"] == 0) == (mode["pad"] == "wrap")
        assert mode["unshifted"]["correlation"] < 0.999
    text = convcli("compare", scene, "-k", "box", "--shift", "-3,4").out.decode()
    assert told["verdict"] in " ".join(text.split())
    assert "Equivariant: shifted by -3,4, the result moves along by -3,4, equal at all " in told["verdict"]
    assert " At the border and the seam it is equal under wrap alone. Not invariant: " in told["verdict"]
    uneven = convcli("compare", scene, "-k", "box", "--shift", "1,1", "-s", 2).out.decode()
    assert "The shift is no whole number of the result's steps of 2,2." in uneven


def pooled(values: np.ndarray) -> np.ndarray:
    rows, columns = values.shape
    return values.reshape(rows // 2, 2, columns // 2, 2).max((1, 3))


@pytest.mark.parametrize("shift", [(1, 1), (0, 2), (0, 0)])
def test_pooling_is_invariant_to_some_shifts_of_some_pictures(
    convcli: Convcli, shift: tuple[int, int]
) -> None:
    """Counted by NumPy: blocks whose maximum is as it was, and as it should be after moving along."""
    x = np.random.default_rng(9).integers(0, 4, (8, 12))
    np.savetxt("x.csv", x, "%d", ",")
    stack = STACKS / "pooling.toml"
    (told,) = objects(
        convcli("compare", "x.csv", "--stack", stack, "--shift", f"{shift[0]},{shift[1]}", "--json").out
    )
    before, after = pooled(x), pooled(np.roll(x, shift, (0, 1)))
    differing = np.count_nonzero(before != after)
    (mode,) = told["modes"]
    assert mode["pad"] == "valid"
    assert (mode["unshifted"]["differing"], mode["unshifted"]["places"]) == (differing, 24)
    assert mode["border"] == {"mae": None, "max": None, "correlation": None, "differing": 0, "places": 0}
    assert ("Invariant: in place, all 24 results inside are as they were." in told["verdict"]) == (
        not differing
    )
    assert (f"in place, {differing} of 24 results inside differ" in told["verdict"]) == (differing > 0)
    whole = shift[1] % 2 == 0
    assert told["whole_steps"] == whole
    assert told["verdict"].startswith("Equivariant: " if whole else "Not equivariant: ")
    assert mode["inside"]["differing"] == (0 if whole else differing)


def test_shift_counts_positions_not_channels(convcli: Convcli) -> None:
    Path("x.json").write_text(json.dumps(np.arange(2 * 9 * 9).reshape(9, 9, 2).tolist()))
    (told,) = objects(convcli("compare", "x.json", "-k", "box", "--shift", "0,1", "-p", "zero", "--json").out)
    assert told["modes"][0]["unshifted"]["places"] == 7 * 6, "columns 0, 1 and 8 are near an edge"


def test_a_picture_that_is_all_border(convcli: Convcli) -> None:
    ran = convcli("compare", SAMPLES / "notes-3x3.csv", "-k", "box:size=5", "--shift", "1,1")
    assert "Every result is near the border or the seam: nothing is inside." in ran.out.decode()
    assert "nvariant" not in ran.out.decode()
    assert "Inside, " not in ran.out.decode()


BAD = [
    (["-k", "box", "--crop", 30], 1, "--crop 30 leaves nothing of 20 x 27 pixels", "use at most 9"),
    (["-k", "box", "--crop", 0], 2, "--crop 0 is too small", ""),
    (
        ["-k", "gaussian:sigma=2", "--crop", 5],
        1,
        "see 8 pixels beyond the picture, and 5 are known",
        "margin of 8",
    ),
    (["-k", "1"], 2, "is 1 x 1 and needs no padding: there is nothing to compare", "larger kernel"),
    (["-k", "box", "--truth", "gone.png"], 1, "'gone.png' does not exist", ""),
    (["-k", "box", "--truth", "gray.png"], 1, "1 pixels beyond the picture, and 0 are known", "margin of 1"),
    (["-k", "box", "--truth", "photo.png"], 1, "truth has 3 channels, and the picture 1", "--gray"),
    (["-k", "box", "--truth", "photo.png", "--gray"], 1, "does not contain the picture anywhere", "cut from"),
    (
        ["-k", "box", "--truth", "gray.png", "--offset", "1,0"],
        1,
        "does not contain the picture, 20 x 27",
        "--offset",
    ),
    (["-k", "box", "--offset", "1,0"], 2, "--offset has no effect without --truth", ""),
    (["-k", "box", "--truth", "gray.png", "--offset", "1"], 2, "'1' is not a place", "ROW,COLUMN"),
    (["-k", "box", "--truth", "gray.png", "--crop", 2], 2, "--crop and --truth exclude each other", ""),
    ([], 2, "there is nothing to compare with", "--stack"),
    (["-k", "box", "--stack", "s.toml"], 2, "--kernel and --stack exclude each other", ""),
    (["--stack", "gone.toml"], 2, "no such stack file", ""),
    (["--stack", STACKS / "small.toml", "--layers", 2], 2, "--layers has no effect with --stack", ""),
    (["--stack", STACKS / "small.toml", "--bias", 2], 2, "--bias has no effect with --stack", ""),
    (["-k", "box", "--layers", 0], 2, "--layers 0 is too small", ""),
    (["-k", "sobl"], 2, "'sobl' is not known", "sobel"),
    (
        ["--stack", STACKS / "pooling.toml", "--shift", "1,1", "-p", "zero"],
        *(2, "no layer of 'pooling' pads", "leave --pad out"),
    ),
    (["-k", "box", "--bias-map", "--shift", "1,1"], 2, "--bias-map and --shift exclude each other", ""),
    (["-k", "box", "--bias-map", "--crop", 2], 2, "--crop has no effect with --bias-map", ""),
    (["-k", "box", "--shift", "1,1", "--truth", "x.png"], 2, "--truth has no effect with --shift", ""),
    (["-k", "box", "--shift", "1;1"], 2, "--shift: '1;1' is not a place", ""),
    (["-k", "box", "--shift", "1,1", "-o", "x.png"], 2, "-o has no effect with --shift", ""),
    (["-k", "box", "--shift", "1,1", "--html", "x.html"], 2, "--html has no effect with --shift", ""),
    (["-k", "box", "--samples", 5], 2, "--samples has no effect without --bias-map", ""),
    (["-k", "box", "--seed", 5], 2, "--seed has no effect without --bias-map", ""),
    (["-k", "box", "--bias-map", "--samples", 1], 2, "--samples 1 is too small", ""),
    (["-k", "box", "--bias-map", "--seed", -1], 2, "--seed -1 is negative", ""),
    (["-k", "box", "--crop", 2, "-o", "x.foo"], 2, "no format with the suffix '.foo'", ""),
    (["-k", "box", "--crop", 2, "-o", ""], 2, "-o is empty", ""),
    (["-k", "box", "--crop", 2, "-o", "-", "--html", "-"], 2, "both want stdout", ""),
    (["-k", "box", "--crop", 2, "-o", "-", "--json"], 2, "both want stdout", ""),
    (["-k", "box", "--crop", 2, "-o", "none/x.png"], 1, "'none/x.png' cannot be written: the folder", ""),
    (["-k", "box", "--crop", 2, "--html", "gray.png"], 1, "'gray.png' is the input itself", "another name"),
    (
        ["photo.png", "-k", "box", "--crop", 2, "-o", "x.png"],
        2,
        "-o draws one picture, and there are several",
        "",
    ),
    (["photo.png", "-k", "box", "--truth", "gray.png"], 2, "--truth takes one input", ""),
    (["photo.png", "-k", "box", "--shift", "1,1"], 2, "--shift takes one input", ""),
    (["-k", "box", "-p", "reflct"], 2, "--pad: padding mode 'reflct' is not known", "did you mean 'reflect'"),
    (["-k", "box", "-p", "zero,"], 2, "--pad: padding mode '' is not known", "zero, constant, reflect"),
    (["-k", "box", "-p", "zero,scipy:edge"], 2, "--pad: border of scipy 'edge' is not known", "nearest"),
    (["-k", "box", "-p", "valid"], 2, "--pad valid pads nothing: there is nothing to compare", "that pad"),
    (["-k", "box", "-p", "valid,zero", "--shift", "1,1"], 2, "nothing to compare with --shift", "that pad"),
    (
        ["-k", "box", "-p", "wrap", "--bias-map", "--pad-value", 3],
        2,
        "--pad-value 3 has no effect",
        "constant",
    ),
    (["-k", "box", "-p", "wrap,zero", "--pad-value", 3], 2, "no effect with --pad wrap,zero", "add constant"),
    (["-k", "box", "--jobs", 0], 2, "--jobs 0 is too small", ""),
]


@pytest.mark.parametrize(("words", "status", "message", "hint"), BAD, ids=lambda value: str(value)[:50])
def test_what_is_wrong_is_said_in_one_line(
    convcli: Convcli, gray: Path, photo: Path, snapshot, words, status, message, hint
) -> None:
    assert (gray.name, photo.name) == ("gray.png", "photo.png")
    before = snapshot()
    ran = convcli("compare", "gray.png", *words)
    assert ran.status == status
    assert len(ran.lines) == 1
    assert message in ran.err
    assert hint in ran.err.partition("hint: ")[2]
    assert ran.out == b""
    assert snapshot() == before


STACKS_THAT_FAIL = {
    "unpadded": ('[[layer]]\ntype = "conv"\nkernel = "box"\n', 2, "no layer of 'unpadded' pads"),
    "whole": (
        '[[layer]]\ntype = "conv"\nkernel = "box"\npadding = 1\n[[layer]]\ntype = "pool"\nglobal = true\n',
        1,
        "layer 2 (pool 'pool1') sees the whole picture, so there is no border to compare",
    ),
    "greedy": ('[[layer]]\ntype = "pool"\nsize = 90\npadding = 1\n', 1, "leaves nothing"),
}


@pytest.mark.parametrize("name", STACKS_THAT_FAIL)
@pytest.mark.parametrize("more", [["--crop", 2], []], ids=["truth", "no truth"])
def test_stacks_that_cannot_be_compared(convcli: Convcli, gray: Path, name: str, more: list) -> None:
    text, status, message = STACKS_THAT_FAIL[name]
    Path(f"{name}.toml").write_text(text)
    ran = convcli("compare", gray, "--stack", f"{name}.toml", *more)
    assert ran.status == status
    assert message in ran.err
    assert len(ran.lines) == 1


def test_a_crop_that_leaves_one_pixel(convcli: Convcli, tmp_path: Path) -> None:
    Image.fromarray(np.arange(25, dtype=np.uint8).reshape(5, 5)).save(tmp_path / "five.png")
    told = modes(convcli("compare", "five.png", "-k", "box", "--crop", 2, "--json").out)
    assert told["zero"]["mae"] == pytest.approx(12 - 12 / 9)
    assert told["wrap"]["mae"] == 0
    assert told["wrap"]["psnr"] is None


def test_help_needs_no_numpy(convcli: Convcli) -> None:
    ran = convcli("compare", "--help")
    assert ran.status == 0
    assert {"--crop", "--truth", "--layers", "--stack", "--bias-map", "--shift", "--html"} <= set(
        re.findall(r"--[a-z-]+", ran.out.decode())
    )
    assert "convcli.commands.compare.command" in sys.modules
