"""Calls of other tools, read back: the call and the command that is printed are run on the same picture."""

import inspect
import json
import re
import shlex
from shutil import which

import cv2
import numpy as np
import pytest
import scipy.ndimage
import scipy.signal
import skimage.filters
from PIL import Image, ImageFilter

from convcli.commands.translate.sources.opencv_calls import OPENCV
from convcli.commands.translate.sources.pillow_calls import FIXED, PILLOW
from convcli.commands.translate.sources.scipy_calls import NDIMAGE, SIGNAL, SKIMAGE
from tests.cases.make_shell_calls import MASK, SHELL, picture, result
from tests.cases.make_torch_translated import CALLS
from tests.paths import CASES
from tests.program import invoke, pixels

with np.load(CASES / "torch_translated.npz") as held:
    TORCH = {number: held[f"call{number}"] for number in range(len(CALLS))}

RNG = np.random.default_rng(2)
NAMES = {
    **{"np": np, "cv2": cv2, "scipy": scipy, "ndimage": scipy.ndimage, "signal": scipy.signal},
    **{"filters": skimage.filters, "Image": Image, "ImageFilter": ImageFilter},
    "x": RNG.normal(0, 1, (13, 17)),
    "line": RNG.normal(0, 1, 15),
    "k": RNG.normal(0, 1, (3, 5)),
    "e": RNG.normal(0, 1, (2, 4)),
    "im": picture(),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder that holds the arrays, and the picture."""
    folder = tmp_path_factory.mktemp("calls")
    for name in ("x", "k", "e", "line"):
        np.save(folder / f"{name}.npy", NAMES[name])
    Image.fromarray(NAMES["im"]).save(folder / "in.png")
    return folder


def command(call, *options):
    ran = invoke("translate", "--from", call, *options)
    assert ran.status == 0, ran.err
    return ran.out.decode().rstrip("\n"), ran.err


def ran(line, output):
    words = shlex.split(line)
    assert words[0] == "convcli"
    made = invoke(*words[1:], *(() if "-o" in words else ("-o", output)), "--force", "-q")
    assert made.status == 0, made.err
    return np.load(output) if output.endswith(".npy") else pixels(output)


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("scipy.ndimage.convolve(x, k, mode='reflect')", "filter x.npy -k k.npy -p symmetric --convolve"),
        ("ndimage.correlate(x, k, mode='mirror')", "filter x.npy -k k.npy -p reflect"),
        (
            "ndimage.correlate(x, [[1, 2], [3, 4]])",
            "filter x.npy -k '1 2; 3 4' -p symmetric --padding 1,0,1,0",
        ),
        ("ndimage.convolve(x, [[1, 2], [3, 4]])", "filter x.npy -k '1 2; 3 4' -p symmetric --convolve"),
        (
            "ndimage.convolve(x, [[1, 2, 3], [3, 4, 9]], mode='wrap', origin=(0, 1))",
            "filter x.npy -k '1 2 3; 3 4 9' -p wrap --padding 0,1,0,2 --convolve",
        ),
        (
            "ndimage.correlate(x, k, mode='constant', cval=2.5, output=np.float64)",
            "filter x.npy -k k.npy -p constant --pad-value 2.5 --range raw",
        ),
        ("ndimage.gaussian_filter(x, 1.2)", "filter x.npy -k gaussian:sigma=1.2 -p symmetric"),
        (
            "ndimage.gaussian_filter(x, (1.5, 0), mode='nearest', truncate=2)",
            "filter x.npy -k gaussian:sigma-y=1.5,sigma-x=0,size=7x1 -p replicate",
        ),
        ("ndimage.uniform_filter(x, 4)", "filter x.npy -k box:size=4 -p symmetric --padding 2,1,2,1"),
        ("ndimage.sobel(x)", "filter x.npy -k sobel-x -p symmetric"),
        ("ndimage.prewitt(x, axis=0, mode='nearest')", "filter x.npy -k prewitt-y -p replicate"),
        ("ndimage.laplace(x, mode='constant')", "filter x.npy -k laplacian -p zero"),
        (
            "ndimage.maximum_filter(x, 4)",
            "pool x.npy --mode max --size 4 -p symmetric --padding 2,1,2,1 --stride 1",
        ),
        (
            "ndimage.median_filter(x, size=3)",
            "pool x.npy --mode median --size 3 -p symmetric --padding same --stride 1",
        ),
        ("signal.convolve2d(x, k)", "filter x.npy -k k.npy -p zero --padding full --convolve"),
        ("signal.convolve2d(x, k, mode='valid')", "filter x.npy -k k.npy -p valid --convolve"),
        (
            "signal.convolve2d(x, [[1, 2], [3, 5]], mode='same', boundary='symm')",
            "filter x.npy -k '1 2; 3 5' -p symmetric --padding 1,0,1,0 --convolve",
        ),
        (
            "signal.correlate2d(x, [[1, 2], [3, 5]], 'same', 'fill', 7)",
            "filter x.npy -k '1 2; 3 5' -p constant --pad-value 7",
        ),
        ("signal.correlate(x, k[::-1, ::-1], mode='same')", "filter x.npy -k k.npy -p zero --convolve"),
        ("cv2.filter2D(x, -1, np.ones((3, 5)) / 15)", "filter x.npy -k box:size=3x5 -p reflect"),
        (
            "cv2.filter2D(x, cv2.CV_64F, np.array([[1, 2], [3, 4]]) / 9.0, delta=2, "
            "borderType=cv2.BORDER_REFLECT)",
            "filter x.npy -k '1/9 2/9; 1/3 4/9' -p symmetric --padding 1,0,1,0 --bias 2 --range raw",
        ),
        (
            "cv2.filter2D(x, -1, k, anchor=(0, 2), borderType=cv2.BORDER_CONSTANT)",
            "filter x.npy -k k.npy -p zero --padding 2,0,0,4",
        ),
        (
            "cv2.sepFilter2D(x, -1, np.array([1.0, 2, 4]), np.array([1.0, 0, 1]))",
            "filter x.npy -k '1 2 4; 0 0 0; 1 2 4' -p reflect",
        ),
        ("cv2.GaussianBlur(x, (13, 11), 0)", "filter x.npy -k gaussian:size=11x13 -p reflect"),
        ("cv2.GaussianBlur(x, (5, 3), 0)", "filter x.npy -k binomial:size=3x5 -p reflect"),
        (
            "cv2.GaussianBlur(x, (7, 11), 1.5, borderType=cv2.BORDER_REPLICATE)",
            "filter x.npy -k gaussian:sigma=1.5,size=11x7 -p replicate",
        ),
        ("cv2.blur(x, (4, 3))", "filter x.npy -k box:size=3x4 -p reflect --padding 1,1,2,1"),
        (
            "cv2.boxFilter(x, -1, (2, 2), normalize=False)",
            "filter x.npy -k '1 1; 1 1' -p reflect --padding 1,0,1,0",
        ),
        ("cv2.Sobel(x, cv2.CV_64F, 1, 0, ksize=5)", "filter x.npy -k sobel-x:size=5 -p reflect --range raw"),
        (
            "cv2.Sobel(x, -1, 1, 1, scale=0.5)",
            "filter x.npy -k '0.5 0 -0.5; 0 0 0; -0.5 0 0.5' -p reflect",
        ),
        ("cv2.Sobel(x, -1, 2, 0)", "filter x.npy -k '1 -2 1; 2 -4 2; 1 -2 1' -p reflect"),
        (
            "ndimage.correlate(x, np.array([1, 2, 3, 4, 5, 6]).reshape(2, 3), axes=(0, 1))",
            "filter x.npy -k '1 2 3; 4 5 6' -p symmetric --padding 1,0,1,1",
        ),
        ("ndimage.correlate(x, np.array([[True]]))", "filter x.npy -k 1 -p symmetric"),
        ("cv2.Sobel(x, -1, 0, 1, ksize=cv2.FILTER_SCHARR)", "filter x.npy -k scharr-y -p reflect"),
        ("cv2.Laplacian(x, -1)", "filter x.npy -k laplacian -p reflect"),
        ("cv2.Laplacian(x, -1, ksize=3)", "filter x.npy -k '2 0 2; 0 -8 0; 2 0 2' -p reflect"),
        ("filters.gaussian(x, 1.2)", "filter x.npy -k gaussian:sigma=1.2 -p replicate"),
        ("filters.gaussian(x)", "filter x.npy -k gaussian:sigma=1 -p replicate"),
        ("cv2.filter2D(x, -1, e)", "filter x.npy -k e.npy -p reflect --padding 1,0,2,1"),
        ("ndimage.correlate(x, e, origin=-1)", "filter x.npy -k e.npy -p symmetric"),
        ("cv2.filter2D(x, -1, np.eye(3) / 3)", "filter x.npy -k '1/3 0 0; 0 1/3 0; 0 0 1/3' -p reflect"),
        (
            "cv2.filter2D(np.float32(x), -1, np.outer([1, 2], [1, -2]) / 16)",
            "filter x.npy -k '0.0625 -0.125; 0.125 -0.25' -p reflect --padding 1,0,1,0 --range raw",
        ),
        (
            "ndimage.median_filter(x, footprint=np.ones((3, 5), bool))",
            "pool x.npy --mode median --size 3x5 -p symmetric --padding same --stride 1",
        ),
    ],
)
def test_the_command_gives_what_the_call_gives(folder, monkeypatch, call, wanted):
    monkeypatch.chdir(folder)
    sized = ("-k", "k.npy") if re.search(r"\bk\b", call) else ()
    line, _ = command(call, *sized)
    assert line == f"convcli {wanted}"
    np.testing.assert_allclose(ran(line, "out.npy"), eval(call, dict(NAMES)), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("number", range(len(CALLS)))
def test_calls_of_pytorch_give_what_is_stored(folder, monkeypatch, number):
    monkeypatch.chdir(folder)
    line, _ = command(CALLS[number][0])
    assert line == f"convcli {CALLS[number][1]}"
    np.testing.assert_allclose(ran(line, "out.npy"), TORCH[number], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    "what",
    [
        *(f"ImageFilter.{name}" for name in FIXED),
        "ImageFilter.Kernel((3, 3), (1, 2, 3, 4, 5, 6, 7, 8, 9))",
        "ImageFilter.Kernel((3, 3), [1, 0, -1, 2, 0, -2, 3, 0, -3], 2, 100)",
        "ImageFilter.BoxBlur(2)",
        "ImageFilter.MedianFilter(3)",
        "ImageFilter.MinFilter(3)",
        "ImageFilter.MaxFilter(size=5)",
    ],
)
def test_filters_of_pillow_are_equal_within_a_level(folder, monkeypatch, what):
    monkeypatch.chdir(folder)
    call = f"Image.open('in.png').convert('L').filter({what})"
    line, notes = command(call)
    assert " --gray" in line
    made, wanted = ran(line, "out.png").astype(int), np.asarray(eval(call, dict(NAMES))).astype(int)
    layers = (wanted.shape[0] - made.shape[0]) // 2
    assert ("left out here" in notes) == (layers > 0)
    inside = wanted[layers : wanted.shape[0] - layers, layers : wanted.shape[1] - layers]
    assert np.abs(made - inside).max() <= 1


STORED = json.loads((CASES / "shell_calls.json").read_text())


@pytest.mark.parametrize(("call", "wanted"), SHELL, ids=[call[:40] for call, _ in SHELL])
def test_lines_of_the_shell_are_equal_within_a_level(folder, monkeypatch, call, wanted):
    monkeypatch.chdir(folder)
    (folder / "m.mat").write_text(MASK)
    line, _ = command(call)
    coverage = "" if call.startswith("vips") else " --alpha filter"
    assert line == f"convcli filter in.png {wanted}{coverage} -o out.png"
    made = ran(line, "out.png").astype(int)
    assert np.abs(made - np.array(STORED[call])).max() <= 1
    if which(call.split()[0]):
        assert np.abs(made - result(call)).max() <= 1


@pytest.mark.parametrize(
    ("table", "module"),
    [(NDIMAGE, scipy.ndimage), (SIGNAL, scipy.signal), (SKIMAGE, skimage.filters)],
)
def test_parameters_are_in_the_libraries_own_order(table, module):
    for name, (parameters, _) in table.items():
        found = list(inspect.signature(getattr(module, name)).parameters)
        assert parameters.split() == [one for one in found if one != "kwargs"], name


def test_parameters_of_opencv_are_in_its_own_order():
    for name, (parameters, _) in OPENCV.items():
        said = re.match(r"\w+\(([^)]*)\)", getattr(cv2, name).__doc__)[1]
        assert parameters.split() == re.findall(r"\w+", said), name


def test_names_of_arrays_are_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    line, said = command("scipy.ndimage.correlate(x, self.k)")
    assert line == "convcli filter x.npy -k k.npy -p symmetric"
    assert "x and self.k are arrays: save them, as with np.save('x.npy', x)" in said
    assert "even number of rows or columns, its file is needed (-k FILE)" in said
    line, said = command("F.conv2d(x, k, padding='same')", "--input", "in.png", "-o", "out.png")
    assert line == "convcli filter in.png -k k.npy -p zero -o out.png"
    assert "k is an array: save it" in said


def test_the_size_of_a_named_kernel_decides_its_padding(folder, monkeypatch):
    monkeypatch.chdir(folder)
    line, _ = command("cv2.filter2D(x, -1, e)", "-k", "e.npy")
    assert line == "convcli filter x.npy -k e.npy -p reflect --padding 1,0,2,1"
    wanted = cv2.filter2D(NAMES["x"], -1, NAMES["e"])
    np.testing.assert_allclose(ran(line, "out.npy"), wanted, rtol=1e-6, atol=1e-6)


def test_files_and_grey_are_read_from_the_call():
    line, _ = command("cv2.convertScaleAbs(cv2.Sobel(cv2.imread('a b.png', 0), cv2.CV_64F, 1, 0))")
    assert line == "convcli filter 'a b.png' -k sobel-x -p reflect --gray --range abs"


# Each line repeats the one before twice.
DOUBLED = "\n".join(["a = [1, 1]", *["a = [a, a]"] * 40, "ndimage.convolve(x, a)"])


@pytest.mark.parametrize(
    ("call", "status", "says", "hint"),
    [
        ("", 2, "is no call", "cv2.blur"),
        ("hello world", 2, "is no call", ""),
        ("x + 1", 2, "'x + 1' is no call", ""),
        ("for i in x: pass", 2, "is no call", ""),
        ("cv2.blur(x, (3, 3)", 2, "is no call", ""),
        ("(" * 5000 + "x", 2, "is no call", ""),
        ("cv2.blur(x, \0)", 2, "is no call", ""),
        ("foo.bar(x)", 2, "'foo.bar(x)' calls no function", "scipy.ndimage"),
        ("convolve(x, k)", 2, "several libraries", "scipy.ndimage.convolve"),
        ("cv2.filter2d(x, -1, k)", 3, "function of cv2 'filter2d' is not known", "filter2D"),
        ("cv2.bilateralFilter(x, 9, 75, 75)", 3, "'bilateralFilter' is not known", "filter2D"),
        ("np.abs(ndimage.sobel(x))", 3, "around the call in 'np.abs", "--range"),
        ("np.hypot(ndimage.sobel(x, 0), ndimage.sobel(x, 1))", 3, "around the call", "--combine"),
        ("ndimage.convolve(x, k).astype(np.uint8)", 3, "around the call", "alone"),
        ("x - cv2.blur(x, (3, 3))", 3, "around the call", "alone"),
        ("cv2.imwrite('o.png', cv2.blur(x, (3, 3)))", 3, "around the call", "alone"),
        ("im.filter(ImageFilter.SHARPEN).save('o.png')", 3, "around the call", "alone"),
        ("cv2.Canny(cv2.imread('i.png'), 1, 2)", 3, "'Canny' is not known", "choose from"),
        ("F.conv2d(x, k, padding='sme')", 2, "padding 'sme' does not fit", "'same', 'valid'"),
        ("cv2.GaussianBlur(x, (4, 4), 0)", 2, "ksize (4, 4) does not fit", "odd"),
        ("cv2.GaussianBlur(x, (9, 11), 0)", 3, "rounds the weights of one side", "sigmaX"),
        ("F.conv2d(F.pad(F.pad(x, (1, 1)), (1, 1)), k)", 3, "F.pad around F.pad", "once"),
        ("cv2.Sobel(x, -1, 2, 1)", 3, "no equivalent", "sum 1 or 2"),
        ("ndimage.correlate(x, k, axes=(0,))", 3, "axes=(0,) has no equivalent", "axes=(0, 1)"),
        ("ndimage.convolve(x, [" + "[1] * 65536, " * 9999 + "])", 2, "above the limit", "npy"),
        ("F.conv2d(x, k.flip(-1))", 2, "'k.flip(-1)' is not understood", "-k FILE"),
        ("k = [[1]]\nk *= 2\nndimage.convolve(x, k)", 2, "the line 'k *= 2' before the call", "alone"),
        (DOUBLED, 2, "lines before the call are too long", "alone"),
        ("cv2.blur(x[::2], (3, 3))", 2, "the picture 'x[::2]' is not understood", "--input"),
        ("cv2.blur('in.png', (3, 3))", 2, "the picture", "cv2.imread"),
        ("cv2.blur(x, (3, 3), borderType=16)", 2, "border of opencv '16' is not known", "reflect101"),
        ("cv2.blur(x, (3, 3), borderType=cv2.BORDER_ISOLATED)", 3, "a part of a picture", "alone"),
        ("cv2.blur(x, (3, 3), borderType=cv2.BORDER_WRAP | cv2.BORDER_ISOLATED)", 3, "part", "alone"),
        ("cv2.sqrBoxFilter(x, -1, (3, 3))", 3, "'sqrBoxFilter' is not known", "boxFilter"),
        ("cv2.filter2D(x, -1, np.eye(3, k=1))", 2, "'np.eye(3, k=1)' is not understood", ""),
        ("cv2.filter2D(x, -1, np.eye(999))", 2, "above the limit", ""),
        ("ndimage.median_filter(x, footprint=disk(3))", 3, "footprint", "size"),
        ("ndimage.median_filter(x, footprint=[[0, 1, 0]])", 3, "footprint", "size"),
        ("nn.Conv2d(1, 1, 3)", 3, "has weights of its own", "write F.conv2d"),
        ("nn.ConvTranspose2d(1, 1, 3)", 3, "'ConvTranspose2d' is not known", "MaxPool2d"),
        ("F.adaptive_avg_pool2d(x, 2)", 3, "output_size 1 alone", "run"),
        ("F.lp_pool2d(x, 2, 3, ceil_mode=True)", 3, "scales sums of windows", "pad"),
        ("F.lp_pool2d(x, 0, 3)", 2, "norm_type 0 does not fit", "above 0"),
        ("F.conv2d(F.pad(x, (6e9, 1)), k)", 2, "above the limit", ""),
        ("F.conv2d(F.pad(x, (-1, 1)), k)", 2, "does not fit", "from 0 up"),
        ("ndimage.convolve(x, [[[[1] * 999] * 999] * 999])", 2, "above the limit", ""),
        ("ndimage.convolve(x, k / k.sum())", 2, "'k.sum()' is not understood", "-k FILE"),
        ("ImageFilter.GaussianBlur(2)", 3, "'GaussianBlur' is not known", "BoxBlur"),
        ("cv2.medianBlur(x, (3, 5))", 2, "ksize (3, 5) does not fit", "odd"),
        ("convert i.png -define convolve:bias=9 -morphology Convolve 1:1 o.png", 3, "depends on", "%"),
        ("ndimage.convolve(x, k, mod='wrap')", 2, "unexpected keyword argument 'mod'", "mode"),
        ("ndimage.convolve(x, k, mode='reflct')", 2, "'reflct' is not known", "reflect"),
        ("ndimage.convolve(x, k, 0, 0, 0, 0, 0, 0)", 2, "too many positional", "weights"),
        ("ndimage.convolve(x, k, weights=k)", 2, "multiple values for argument 'weights'", ""),
        ("ndimage.convolve(x)", 2, "weights", ""),
        ("ndimage.convolve(*a)", 2, "'*a' is not understood", ""),
        ("ndimage.convolve(x, open('k').read())", 2, "is not understood", "nothing of the code is run"),
        ("ndimage.convolve(x, [[1, 2], [3]])", 2, "[[1, 2], [3]] does not fit", "matrix"),
        ("ndimage.convolve(x, np.ones((99999, 99999)))", 2, "above the limit", ""),
        ("ndimage.convolve(x, [1] * 10**30)", 2, "'10 ** 30' is not understood", ""),
        ("ndimage.convolve(x, [[1e999]])", 2, "is not finite", ""),
        ("ndimage.gaussian_filter(x, 10**400)", 2, "is not understood", ""),
        ("cv2.blur(x, (9999999999, 1))", 2, "above the limit", ""),
        ("ndimage.convolve(x, [[1, 2, 3]], origin=(0, 2))", 2, "outside the kernel", ""),
        ("ndimage.convolve(x, k, origin=1)", 2, "size is not known", "-k FILE"),
        ("ndimage.gaussian_filter(x, 1, order=1)", 3, "order=1 has no equivalent", "order=0"),
        ("ndimage.median_filter(x, 2)", 3, "upper middle", "odd"),
        ("ndimage.sobel(x, mode='constant', cval=3)", 3, "cval", ""),
        ("cv2.filter2D(x, -1, k, borderType=cv2.BORDER_WRAP)", 3, "refuses BORDER_WRAP", ""),
        ("F.conv2d(x, k, groups=3)", 3, "groups=3 has no equivalent", "groups=1"),
        ("im.filter(ImageFilter.BoxBlur(0.5))", 3, "fraction", ""),
        ("convert in.png -negate out.png", 3, "-negate", "-morphology"),
        ("convert in.png -morphology Erode Disk out.png", 3, "no single filter with a kernel", ""),
        ("convert in.png -morphology Convolve Disk:3 out.png", 3, "'Disk:3' is not known", "numbers"),
        ("convert in.png out.png", 2, "not one filter", "convert IN"),
        (
            "convert i.png -virtual-pixel dither -morphology Convolve 1:1 o.png",
            3,
            "-virtual-pixel 'dither' is not",
            "tile",
        ),
        ("convert i.png -morphology Convolve 1:1 -morphology Convolve 1:1 o.png", 3, "several", "one"),
        ("convert i.png -morphology Convolve 1:1 o.png && rm i.png", 2, "&& is the shell's", "alone"),
        ("convert i.png -morphology Convolve 1:1 o.png > log", 2, "> is the shell's", "alone"),
        ("convert 'i.png[5x5+0+0]' -morphology Convolve 1:1 o.png", 3, "'i.png[5x5+0+0]'", "plain"),
        ("convert i.png -morphology Convolve 1:1 PNG:o.png", 3, "'PNG:o.png'", "plain file"),
        ("vips conv i.png 'o.png[compression=9]' m.mat", 3, "'o.png[compression=9]'", "plain file"),
        ("vips conv i.png o.png m.mat --layers 3", 3, "--layers", "--precision"),
        ("gmic i.png blur 2 o o.png", 3, "lines of gmic are not read", "convert"),
        ("cv2.blur(cv2.imread('a\\x00.png', 0), (3, 3))", 2, "cannot be typed", "--input"),
        ("cv2.blur(cv2.imread('a\\ud800.png', 0), (3, 3))", 2, "cannot be typed", "--input"),
        ("ndimage.gaussian_filter(x, -1)", 2, "sigma", ""),
        ("cv2.GaussianBlur(x, (0, 0), 1e9)", 2, "is out of range", "up to"),
        ("cv2.GaussianBlur(x, (0, 0), 1e308)", 2, "is out of range", "up to"),
        ("ndimage.gaussian_filter(x, 1e300, truncate=1e300)", 2, "is out of range", "up to"),
        (
            "convert i.png -define convolve:scale=1^ -morphology Convolve 1:1 o.png",
            2,
            "'1^' is not a number",
            "",
        ),
        ("convert i.png -define a:b=1 -morphology Convolve 1:1 o.png", 3, "-define a:b", "convolve:scale"),
        ("convert i.png -morphology Convolve '1:1 o.png", 2, "No closing quotation", "close its quotes"),
        ("convert in.png -gaussian-blur 0x2 out.png", 3, "'Gaussian:0x2' is not", "radius"),
        ("convert in.png -alpha on -morphology Convolve 1:1 out.png", 3, "-alpha is not", "-alpha off"),
        ("vips sobel in.png out.png", 3, "vips sobel has no equivalent", "conv"),
        ("vips conv i.png o.png m.mat --precision integer", 3, "rounds the mask", "--precision float"),
        ("vips conv in.png out.png", 2, "not given three names", ""),
        ("vips", 2, "not given three names", "conv"),
    ],
)
def test_what_is_not_understood_is_named(call, status, says, hint):
    invoke("translate", "--from", call).check_refusal(status, says, hint)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--from", "cv2.blur(x, (3, 3))", "-k", "k.npy"], "-k has no effect"),
        (["--from", "cv2.blur(x, (3, 3))", "--to", "scipy"], "--to and --from exclude each other"),
        (["--from", "cv2.blur(x, (3, 3))", "-p", "wrap"], "--pad has no effect with --from"),
    ],
)
def test_options_that_contradict_a_call(options, says):
    invoke("translate", *options).check_refusal(2, says)


def test_lines_before_the_call_give_values_to_its_names(folder, monkeypatch):
    monkeypatch.chdir(folder)
    script = "import cv2\nimg = cv2.imread('in.png', 0)\nk = np.ones((5, 5))\nk = k / 25\n"
    line, notes = command(f"{script}y = cv2.filter2D(img, -1, k)")
    assert line == "convcli filter in.png -k box:size=5 -p reflect --gray"
    assert not notes
    line, notes = command("x = make()\nk = [[1, 2]]\nk = make()\nF.conv2d(x, k)")
    assert line == "convcli filter x.npy -k k.npy -p valid"
    assert "x and k are arrays" in notes


@pytest.mark.parametrize("call", ["ndimage.convolve({}, [[1, 1, 1]])", "ndimage.gaussian_filter({}, 2)"])
def test_results_of_scipy_have_the_type_of_the_picture(call):
    line, notes = command(call.format("cv2.imread('in.png', 0)"))
    assert "outside 0..255 wrap around" in notes
    assert "--range" not in line
    for cast in ("np.float32(im)", "im.astype(float)", "np.asarray(im, dtype='f4').copy()"):
        line, notes = command(call.format(cast))
        assert "wrap around" not in notes
        assert line.startswith("convcli filter im.npy ")
        assert line.endswith(" --range raw")
    line, notes = command(call.format("np.float32(im).astype(np.uint8)"))
    assert "wrap around" in notes
    assert "--range" not in line


@pytest.mark.parametrize(
    ("call", "wanted"),
    [
        ("F.lp_pool2d(x, 2, 3, stride=1)", "x.npy --mode lp --size 3 --stride 1"),
        ("F.adaptive_avg_pool2d(x, 1)", "x.npy --mode avg --global"),
        ("nn.AdaptiveAvgPool2d((1, 1))(x)", "x.npy --mode avg --global"),
        ("F.adaptive_max_pool2d(x, 1)", "x.npy --mode max --global"),
        ("nn.MaxPool2d(3, stride=2, padding=1)", "input.png --mode max --size 3 --padding 1 --stride 2"),
        ("nn.AvgPool2d(2)(x)", "x.npy --mode avg --size 2"),
    ],
)
def test_more_poolings_of_pytorch(call, wanted):
    line, notes = command(call)
    assert line == f"convcli pool {wanted}"
    assert "values below 0" not in notes


def test_odd_norms_differ_below_zero():
    line, notes = command("nn.LPPool2d(3, 2)(x)")
    assert line == "convcli pool x.npy --mode lp --norm 3 --size 2"
    assert "values below 0" in notes


@pytest.mark.parametrize(
    "turned",
    [
        *("k[::-1, ::-1]", "np.flip(k)", "np.flip(k, axis=(0, 1))"),
        *("torch.flip(k, [2, 3])", "torch.flip(k, dims=(-2, -1))", "k.flip(-1, -2)[None, None]"),
    ],
)
def test_a_kernel_that_is_rotated_is_convolution(turned):
    line, _ = command(f"F.conv2d(x, {turned})")
    assert line == "convcli filter x.npy -k k.npy -p valid --convolve"


def test_lines_of_the_shell_are_read_as_they_are_pasted():
    line, _ = command("$ /usr/bin/convert\tin.png \\\n  -morphology Convolve 1:2 \\\n  out.png")
    assert line == "convcli filter in.png -k 2 -p replicate --convolve --alpha filter -o out.png"


@pytest.mark.parametrize(
    "options",
    [
        "-k 'sobel-x' -p replicate",
        "-k '1 2; 3 4' -p wrap",
        "-k gaussian:sigma=1 -p zero",
        "-k box:size=5 -p symmetric --bias 51 --convolve",
    ],
)
def test_what_is_printed_for_imagemagick_is_read_back(folder, monkeypatch, options):
    monkeypatch.chdir(folder)
    code = invoke("translate", *shlex.split(options), "--to", "imagemagick", "--input", "in.png").out.decode()
    line, _ = command(code, "-o", "back.png")
    there = ran(f"convcli filter in.png {options}", "there.png").astype(int)
    assert np.abs(ran(line, "back.png").astype(int) - there).max() <= 1


def test_floats_of_a_call_are_cut_to_a_picture_and_that_is_said(folder, monkeypatch):
    monkeypatch.chdir(folder)
    call = "cv2.Sobel(cv2.imread('in.png', 0), cv2.CV_64F, 1, 0)"
    line, notes = command(call, "-o", "out.png")
    assert "--range" not in line
    assert "gives floats, which out.png cannot hold" in notes
    wanted = np.clip(eval(call, dict(NAMES)), 0, 255)
    np.testing.assert_array_equal(ran(line, "out.png"), wanted)


def test_files_are_no_options():
    line, _ = command("cv2.blur(cv2.imread('-o.png', 0), (3, 3))")
    assert line.startswith("convcli filter ./-o.png ")


def test_settings_of_imagemagick_count_for_filters_after_them():
    line, _ = command(
        "convert i.png -morphology Convolve 1:2 -virtual-pixel tile -define convolve:scale=3 o.png"
    )
    assert line == "convcli filter i.png -k 2 -p replicate --convolve --alpha filter -o o.png"


@pytest.mark.parametrize(
    ("setting", "wanted", "read"), [("", [0, 0, 90, 127], "RGBA"), ("-alpha off", [100, 100, 145], "RGB")]
)
def test_transparency_is_treated_as_imagemagick_does(tmp_path, monkeypatch, setting, wanted, read):
    """The mean of a transparent pixel and an opaque one: their coverage halves, or does not count."""
    monkeypatch.chdir(tmp_path)
    Image.fromarray(np.uint8([[[200, 200, 200, 0], [0, 0, 90, 255]]])).save("i.png")
    line, _ = command(f"convert i.png {setting} -morphology Correlate '2x1: 0.5,0.5' o.png")
    invoke(*shlex.split(line)[1:], "-q")
    with Image.open("o.png") as made:
        assert made.mode == read
        assert np.abs(np.array(made.getpixel((0, 0))) - wanted).max() <= 1


def test_each_map_of_pytorch_is_a_feature_map(folder, monkeypatch):
    """Weights of two maps over one channel are no sum over two channels."""
    monkeypatch.chdir(folder)
    line, _ = command("F.conv2d(x, [[[[1, 2], [3, 4]]], [[[5, 6], [7, 9]]]])")
    made = ran(line, "maps.npy")
    for at, kernel in enumerate(([[1, 2], [3, 4]], [[5, 6], [7, 9]])):
        wanted = scipy.signal.correlate2d(NAMES["x"], kernel, mode="valid")
        np.testing.assert_allclose(made[..., at], wanted, rtol=1e-6, atol=1e-6)


def test_numbers_are_written_as_they_were_meant():
    line, _ = command("cv2.filter2D(x, -1, np.array([3, 7, 10]) * 0.1)")
    assert " -k '0.3 0.7 1' " in line


def test_sizes_of_ones_stand_one_by_one_in_pytorch():
    line, _ = command("F.conv2d(x, torch.ones(1, 1, 3, 3) / 9, padding=1)")
    assert line == "convcli filter x.npy -k box:size=3 -p zero --padding 1"


def test_nothing_of_a_call_is_run(tmp_path):
    trap = f"__import__('pathlib').Path({str(tmp_path / 'run')!r}).touch()"
    for call in (
        trap,
        f"cv2.blur({trap}, (3, 3))",
        f"ndimage.convolve(x, {trap})",
        f"cv2.blur(x, k := {trap})",
    ):
        assert invoke("translate", "--from", call).status == 2
    assert not (tmp_path / "run").exists()


def test_every_filter_of_pillow_is_known():
    kinds = [n for n, kind in vars(ImageFilter).items() if isinstance(kind, type) and hasattr(kind, "filter")]
    unknown = {"Filter", "MultibandFilter", "BuiltinFilter", "RankFilter", "ModeFilter", "Color3DLUT"}
    unknown |= {"GaussianBlur", "UnsharpMask"}  # approximated by boxes
    assert set(kinds) - unknown == {*FIXED, *PILLOW}
