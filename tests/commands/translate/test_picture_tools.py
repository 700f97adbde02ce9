"""ImageMagick, libvips, G'MIC and Octave make of the printed code what convcli makes of the same options."""

import json
import shlex
import shutil
import subprocess

import numpy as np
import pytest
from PIL import Image

from tests.cases.make_translate import PROGRAMS, WHERE, read, run, translated
from tests.cases.translate_options import LIVE, OPTIONS, picture
from tests.program import invoke

TOOLS = tuple(PROGRAMS)


def ours(place):
    """Return what `filter` or `pool` makes of the options at `place`."""
    words = shlex.split(OPTIONS[place])
    command = "filter"
    if words[0] == "--pool":
        command, words[0] = "pool", "--mode"
    Image.fromarray(picture(place)).save("in.png")
    ran = invoke(command, "in.png", *words, "-o", "ours.png", "--force", "-q")
    assert ran.status == 0, ran.err
    return read("ours.png").astype(int)


def check_alike(made, wanted, options):
    """Check that the pixels are alike within one level of 8 bits."""
    if made.ndim != wanted.ndim:  # all channels of one of them are alike
        made, wanted = (values if values.ndim == 3 else values[..., np.newaxis] for values in (made, wanted))
        made, wanted = np.broadcast_arrays(made, wanted)
    assert made.shape == wanted.shape, options
    assert np.abs(made - wanted).max() <= 1, options


def skip_unless_installed(tool):
    if shutil.which(PROGRAMS[tool]) is None:
        pytest.skip(f"{PROGRAMS[tool]} is not installed")


def run_box(tool, name):
    """Run the code of a mean of 3 x 3 pixels."""
    ran = invoke("translate", "-k", "box", "-p", "replicate", "--to", tool, "--input", name)
    run(tool, ran.out.decode())


@pytest.fixture(scope="module")
def stored():
    return {tool: json.loads((WHERE / f"{tool}.json").read_text())["cases"] for tool in TOOLS}


def test_what_the_tools_made_is_what_convcli_makes(tmp_path, monkeypatch, stored):
    monkeypatch.chdir(tmp_path)
    for place, options in enumerate(OPTIONS):
        wanted = ours(place)
        for tool in TOOLS:
            case = stored[tool][place]
            assert case["options"] == options
            if "pixels" in case:
                check_alike(np.array(case["pixels"]), wanted, (tool, options))


@pytest.mark.parametrize("tool", TOOLS)
def test_the_code_is_that_which_the_tool_ran(tool, stored):
    # Where this changes, run tests/cases/make_translate.py again.
    for place, case in enumerate(stored[tool]):
        ran = translated(place, tool)
        if "code" in case:
            assert (ran.out.decode(), ran.err) == (case["code"], "")
        else:
            ran.check_refusal(3, case["refused"].partition("error: ")[2].partition(";")[0])


def test_the_lines_of_sh_have_no_faults(tmp_path, stored):
    if shutil.which("shellcheck") is None:
        pytest.skip("shellcheck is not installed")
    names = list[str]()
    for tool in TOOLS[:3]:
        for place, case in enumerate(stored[tool]):
            if "code" in case:
                names.append(str(tmp_path / f"{tool}{place}.sh"))
                (tmp_path / names[-1]).write_text(case["code"])
    ran = subprocess.run(["shellcheck", "-s", "sh", *names], capture_output=True, text=True, check=False)
    assert (ran.stdout, ran.returncode) == ("", 0)


@pytest.mark.parametrize("tool", TOOLS)
def test_transparency_is_left_out(tmp_path, monkeypatch, tool):
    # Colours that are transparent count as any others, and results have no opacity.
    skip_unless_installed(tool)
    monkeypatch.chdir(tmp_path)
    colours, opacity = picture(1), picture(0)[..., np.newaxis]
    Image.fromarray(np.concatenate([colours, opacity], axis=-1)).save("in.png")
    padded = np.pad(colours.astype(float), ((1, 1), (1, 1), (0, 0)), mode="edge")
    wanted = sum(padded[row : row + 6, column : column + 7] for row in range(3) for column in range(3)) / 9
    run_box(tool, "in.png")
    with Image.open("output.png") as image:
        assert image.mode in ("RGB", "P")
    assert np.abs(read("output.png") - wanted).max() <= 1


@pytest.mark.parametrize("tool", TOOLS)
def test_the_code_runs_here(tmp_path, monkeypatch, tool):
    skip_unless_installed(tool)
    monkeypatch.chdir(tmp_path)
    for place in LIVE:
        wanted = ours(place)
        run(tool, translated(place, tool).out.decode())
        check_alike(read("out.png").astype(int), wanted, (tool, OPTIONS[place]))
        (tmp_path / "out.png").unlink()


@pytest.mark.parametrize(
    ("to", "options", "says"),
    [
        ("imagemagick", ("-k", "sharpen", "-k", "box", "--chain"), "cuts values below black"),
        ("imagemagick", ("-k", "60 -60", "--range", "abs"), "absolute sum is 120"),
        ("imagemagick", ("-k", "box", "-p", "constant", "--pad-value", "-1"), "no pixels of -1"),
        ("imagemagick", ("--pool", "median"), "no median pooling of 2x2 windows"),
        ("imagemagick", ("--pool", "lp"), "no lp pooling"),
        ("vips", ("--pool", "median", "--size", "2x3"), "no median pooling of 2x3 windows"),
        ("imagemagick", ("-k", "robinson"), "no sign for --combine max"),
        ("imagemagick", ("-k", "sobel", "--range", "scale"), "no sign for --combine magnitude"),
        ("vips", ("--pool", "max", "--dilation", 2), "no max pooling of dilated 2x2 windows"),
        ("vips", ("--pool", "max", "--global"), "--global needs the picture's size"),
        ("gmic", ("--pool", "median", "--padding", 1, "--size", 3), "leave out the padding"),
        ("gmic", ("-k", "box", "--input", "-a.png"), "write it as ./picture.png"),
        ("imagemagick", ("-k", "box", "--input", "a.csv"), "cannot open --input 'a.csv'"),
        ("gmic", ("-k", "box", "--input", "a[0].png"), "reads the '['"),
        ("gmic", ("-k", "gaussian:sigma=12"), "longer than Linux takes as an argument (131071)"),
        ("gmic", ("-k", "box", "--input", "blur"), "does not see that 'blur' is a file"),
        ("vips", ("-k", "box", "--output", "out"), "does not see that 'out' is a file"),
        ("imagemagick", ("-k", "box", "-o", "png:a.png"), "reads the ':'"),
        ("matlab", ("-k", "box", "--input", "x.npy"), "--input 'x.npy'"),
        ("vips", ("-k", "box", "--output", "x.npy"), "--output 'x.npy'"),
        ("gmic", ("--pool", "max", "--ceil"), "--ceil needs the picture's size"),
        ("matlab", ("-k", "box", "-k", "sharpen"), "2 results do not fit"),
        ("matlab", ("-k", "sobel", "--combine", "orientation"), "no --combine orientation"),
        ("vips", ("-k", "1 1", "-k", "1 1 1", "--combine", "sum", "-p", "valid"), "several sizes"),
    ],
)
def test_what_a_tool_cannot_do_is_refused(to, options, says):
    invoke("translate", *options, "--to", to).check_refusal(3, says)


def test_kernels_that_sum_over_channels_and_stacks_are_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("rgb.npy", np.ones((3, 2, 2)))
    (tmp_path / "net.toml").write_text('[[layer]]\ntype = "relu"\n')
    for tool in TOOLS:
        ran = invoke("translate", "-k", "rgb.npy", "--to", tool)
        ran.check_refusal(3, "no kernels that sum over channels")
        invoke("translate", "net.toml", "--to", tool).check_refusal(3, "has no layers", "--to torch")


@pytest.mark.parametrize("tool", ["imagemagick", "vips"])
def test_a_picture_turned_by_its_exif_is_turned_once(tmp_path, monkeypatch, tool):
    # Orientation 6: the camera's rows are the columns of the picture as it is seen.
    skip_unless_installed(tool)
    monkeypatch.chdir(tmp_path)
    exif = Image.Exif()
    exif[0x112] = 6
    Image.new("RGB", (9, 5)).save("in.jpg", exif=exif)
    run_box(tool, "in.jpg")
    with Image.open("output.png") as image:
        assert image.size == (5, 9)
        assert image.getexif().get(0x112, 1) == 1
