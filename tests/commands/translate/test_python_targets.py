"""Scripts in Python, run for real, give what the engine gives: random kernels, pads, strides, dilations."""

from importlib.util import find_spec
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import convcli
from convcli.choices import PadMode, PoolMode
from tests.engine.strategies import dilations, kernels, seeds, strides
from tests.program import invoke, pixels

FILTERS = ("numpy", "scipy", "opencv", "skimage", *(("torch",) if find_spec("torch") else ()))
side = st.tuples(st.integers(0, 4), st.integers(0, 4))
paddings = st.one_of(st.sampled_from(("same", "full", "valid")), st.tuples(side, side))


def typed(padding):
    return padding if isinstance(padding, str) else ",".join(map(str, (*padding[0], *padding[1])))


def translated(*options, to, folder, source="in.npy", target="out.npy"):
    """Return what the script for `to` writes."""
    files = ("--input", folder / source, "--output", folder / target)
    ran = invoke("translate", *options, "--to", to, *files)
    assert ran.status == 0, ran.err
    exec(compile(ran.out, "script", "exec"), {"__name__": "script"})
    return read(folder / target)


def ours(*options, folder, source="in.npy", target="ours.npy"):
    """Return what `filter` or `pool` writes."""
    pools = options[0] == "--pool"
    command, words = ("pool", ("--mode", *options[1:])) if pools else ("filter", options)
    made = invoke(command, folder / source, *words, "-o", folder / target, "--force")
    assert made.status == 0, made.err
    return read(folder / target)


def read(path):
    return np.load(path) if path.suffix == ".npy" else pixels(path)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("scripts")


@pytest.mark.parametrize("to", FILTERS)
@given(
    kernel=kernels(5),
    pad=st.sampled_from(PadMode),
    padding=paddings,
    stride=strides,
    dilation=dilations,
    channels=st.sampled_from(((), (3,))),
    convolve=st.booleans(),
    seed=seeds,
)
@settings(max_examples=40, deadline=None)
def test_a_filter_equals_the_engine(
    folder, to, kernel, pad, padding, stride, dilation, channels, convolve, seed
):
    rng = np.random.default_rng(seed)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel.shape, strict=True)]
    image = rng.normal(100, 50, (spans[0] + rng.integers(9), spans[1] + rng.integers(9), *channels))
    image = image.astype(np.float32)
    padding = "same" if pad is PadMode.VALID else padding
    value = 7.5 if pad is PadMode.CONSTANT else 0.0
    np.save(folder / "in.npy", image)
    np.save(folder / "kernel.npy", kernel)
    options = ["-k", folder / "kernel.npy", "-p", pad, "--padding", typed(padding)]
    options += ["-s", "{}x{}".format(*stride), "-d", "{}x{}".format(*dilation)]
    options += ["--pad-value", value] if value else []
    options += ["--convolve"] if convolve else []
    made = translated(*options, to=to, folder=folder)
    slide = convcli.convolve if convolve else convcli.correlate
    wanted = slide(image, kernel, pad=pad, padding=padding, stride=stride, dilation=dilation, pad_value=value)
    size = np.abs(kernel).sum() * np.abs(image).max() + 1
    np.testing.assert_allclose(made, wanted, rtol=0, atol=4e-7 * size)
    assert made.dtype == wanted.dtype


@pytest.mark.parametrize("to", FILTERS)
@given(
    mode=st.sampled_from(PoolMode),
    include=st.booleans(),
    size=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    pad=st.sampled_from((None, *(mode for mode in PadMode if mode is not PadMode.VALID))),
    stride=strides,
    dilation=dilations,
    padding=st.tuples(st.integers(0, 1), st.integers(0, 1)),
    ceil=st.booleans(),
    seed=seeds,
)
@settings(max_examples=60, deadline=None)
def test_pooling_equals_the_engine(
    folder, to, mode, include, size, pad, stride, dilation, padding, ceil, seed
):
    # Only PyTorch has --ceil here, and only for these modes.
    ceil = ceil and to == "torch" and mode in (PoolMode.MAX, PoolMode.MIN) and pad is None
    if to in ("scipy", "opencv"):  # their filters have neither other modes nor dilation
        mode = mode if mode in (PoolMode.MAX, PoolMode.MIN) else PoolMode.AVG
        dilation = (1, 1)
        include = True
    rng = np.random.default_rng(seed)
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, size, strict=True)]
    image = rng.normal(0, 50, (spans[0] + rng.integers(9), spans[1] + rng.integers(9))).astype(np.float32)
    padding = tuple(min(amount, k // 2) for amount, k in zip(padding, size, strict=True))
    pad = pad if any(padding) else None
    np.save(folder / "in.npy", image)
    include = include or mode is not PoolMode.AVG or pad is not None
    options = ["--pool", mode, "--size", "{}x{}".format(*size), "-s", "{}x{}".format(*stride)]
    options += ["-d", "{}x{}".format(*dilation), "--padding", "{}x{}".format(*padding)]
    options += ["-p", pad] if pad else []
    options += ["--ceil"] if ceil else []
    options += [] if include else ["--no-count-include-pad"]
    wanted = convcli.pool2d(
        image,
        size,
        mode=mode,
        stride=stride,
        padding=padding,
        dilation=dilation,
        ceil=ceil,
        pad=pad,
        count_include_pad=include,
    )
    made = translated(*options, to=to, folder=folder)
    np.testing.assert_allclose(made, wanted, rtol=1e-6, atol=1e-4)


def pictures(folder, seed, *shape):
    values = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    Image.fromarray(values).save(folder / "in.png")


def script_and_ours(folder, options, to, output):
    """Return what the script writes of a picture, and what our command writes."""
    made = translated(*options, to=to, folder=folder, source="in.png", target=f"out{output}")
    return made, ours(*options, folder=folder, source="in.png", target=f"ours{output}")


def check_within_a_level(made, wanted):
    assert made.shape == wanted.shape
    assert np.abs(made.astype(int) - wanted).max() <= 1


@given(
    kernel=kernels(5),
    pad=st.sampled_from(PadMode),
    padding=paddings,
    stride=strides,
    channels=st.sampled_from(((), (3,))),
    convolve=st.booleans(),
    how=st.sampled_from(("clip", "center")),
    seed=seeds,
)
@settings(max_examples=60, deadline=None)
def test_pillow_equals_the_engine_within_a_level(
    folder, kernel, pad, padding, stride, channels, convolve, how, seed
):
    rng = np.random.default_rng(seed)
    pictures(folder, seed, *(side + int(rng.integers(9)) for side in kernel.shape), *channels)
    np.save(folder / "kernel.npy", kernel)
    options = ["-k", folder / "kernel.npy", "-p", pad, "--range", how, "-s", "{}x{}".format(*stride)]
    options += ["--padding", typed(padding)] if pad is not PadMode.VALID else []
    options += ["--pad-value", "9"] if pad is PadMode.CONSTANT else []
    options += ["--convolve"] if convolve else []
    check_within_a_level(*script_and_ours(folder, options, "pillow", ".png"))


@pytest.mark.parametrize(
    "options",
    [
        "--pool max --size 3 -s 1 --padding same",
        "--pool min --size 5 -s 2 --padding 2",
        "--pool median --size 3 -s 1 --padding 1 -p reflect",
        "--pool avg --size 2x3",
        "--pool avg --size 3x2 --ceil",
        "--pool avg --global",
    ],
)
def test_pillow_pools_as_the_engine_does(folder, options):
    pictures(folder, 3, 14, 17, 3)
    check_within_a_level(*script_and_ours(folder, options.split(), "pillow", ".png"))


def test_pillow_averages_large_pictures(folder):
    """Image.reduce would be wrong by 2 levels: it divides by fractions of 24 bits."""
    Image.new("L", (600, 400), 200).save(folder / "in.png")
    made, wanted = script_and_ours(folder, ["--pool", "avg", "--global"], "pillow", ".png")
    assert made == wanted == 200
    refused = invoke("translate", "--pool", "avg", "--size", "300", "--to", "pillow")
    refused.check_refusal(3, "no avg pooling of these windows", "--to numpy")


@pytest.mark.parametrize("to", FILTERS)
@pytest.mark.parametrize(
    "options",
    [
        "-k gaussian:sigma=1.2 -p symmetric",
        "-k sobel --bias 3",
        "-k kirsch -p wrap",
        "-k sobel --combine orientation -p replicate",
        "-k sobel --combine sum",
        "-k sobel-x -k box:size=4 --chain -s 2",
        "-k sobel -k laplacian",
        "-k sobel-x -k gaussian --gray",
        "-k box:size=2x4 --normalize --convolve -p constant --pad-value 7",
        "-k scharr-x --range abs",
        "-k prewitt-y --range scale",
        "-k log --range center",
        "-k gaussian:sigma-x=2,sigma-y=0.5 --range unit",
        "-k emboss --padding 0,2,1,0",
        "-k 5 -p valid",
    ],
)
def test_colours_and_arrays_are_as_filter_has_them(folder, to, options):
    pictures(folder, 4, 21, 26, 3)
    made, wanted = script_and_ours(folder, options.split(), to, ".npy")
    assert made.dtype == wanted.dtype
    np.testing.assert_allclose(made, wanted, rtol=1e-5, atol=3e-3)


@pytest.mark.parametrize("to", [*FILTERS, "pillow"])
@pytest.mark.parametrize("mode", ["RGBA", "P", "LA", "1", "L"])
def test_pixels_are_read_and_written_as_ours_are(folder, to, mode):
    pictures(folder, 5, 16, 19, 3)
    with Image.open(folder / "in.png") as image:
        picture = image.convert("RGB").convert(mode)
    picture.save(folder / "in.png")
    options = ["-k", "sharpen", "--gray", "-p", "replicate"]
    made, wanted = script_and_ours(folder, options, to, ".png")
    check_within_a_level(made, wanted[..., 0] if wanted.ndim == 3 else wanted)  # without its alpha


@pytest.mark.parametrize("to", [*FILTERS, "pillow"])
def test_jpeg_for_print_is_read_as_rgb(folder, to):
    pictures(folder, 5, 16, 19, 3)
    with Image.open(folder / "in.png") as image:
        cmyk = image.convert("CMYK")
    cmyk.save(folder / "in.png", "JPEG")  # what is read is told from its first bytes, not its name
    made, wanted = script_and_ours(folder, ["-k", "sharpen"], to, ".png")
    assert made.shape == (16, 19, 3)
    check_within_a_level(made, wanted)


@pytest.mark.parametrize("to", FILTERS)
def test_16_bits_stay(folder, to):
    values = np.random.default_rng(6).integers(0, 65536, (12, 15), dtype=np.uint16)
    Image.fromarray(values).save(folder / "in.png")
    made, wanted = script_and_ours(folder, ["-k", "gaussian"], to, ".png")
    assert made.dtype == wanted.dtype == np.uint16
    check_within_a_level(made, wanted)


NAMED = ["gaussian:sigma=1.2", "gaussian:sigma-x=0,sigma-y=2", "box:size=4x3", "sobel-x", "sobel-y"]
NAMED += ["scharr-x", "prewitt-x", "prewitt-y", "laplacian"]


@pytest.mark.parametrize("to", FILTERS)
@pytest.mark.parametrize("pad", PadMode)
def test_named_filters_pad_as_the_engine_does(folder, to, pad):
    """In two passes, the second may see another border; a picture of 3 x 5 is all border.

    PyTorch's own padding stops where a picture is smaller than it.
    """
    large = pad is PadMode.VALID or to == "torch"
    image = np.random.default_rng(8).normal(0, 50, (18, 19) if large else (3, 5))
    image = image.astype(np.float32)
    np.save(folder / "in.npy", image)
    value = 7 if pad is PadMode.CONSTANT else 0
    for name in NAMED:
        weights = convcli.kernel(name).weights
        wanted = convcli.correlate(image, weights, pad=pad, pad_value=value)
        options = ["-k", name, "-p", pad, *(["--pad-value", value] if value else [])]
        made = translated(*options, to=to, folder=folder)
        np.testing.assert_allclose(made, wanted, rtol=0, atol=2e-3, err_msg=name)


@pytest.mark.parametrize("to", FILTERS)
@pytest.mark.parametrize("how", ["abs", "scale", "center", "unit"])
def test_ranges_of_pictures(folder, to, how):
    pictures(folder, 9, 13, 11, 3)
    check_within_a_level(*script_and_ours(folder, ["-k", "emboss", "--range", how], to, ".png"))


POOLS = (
    "--pool max --size 2",
    "--pool min --size 3x2 -s 2 --padding 1",
    "--pool avg --global",
    "--pool median --global --gray",
    "--pool median --size 3 -s 1 --padding 1 -p replicate",
    "--pool avg --size 3 -s 1 --padding same -p wrap",
    "--pool max --size 2 -s 1 --padding 1 -p zero",
)
# Blocks of scikit-image alone may pass the edges.
CEIL_POOLS = ("--pool max --size 2x3 --ceil", "--pool avg --size 4 --ceil", "--pool median --size 3 --ceil")


@pytest.mark.parametrize(
    ("to", "options"), [*product(FILTERS, POOLS), *(("skimage", options) for options in CEIL_POOLS)]
)
def test_pictures_are_pooled_as_pool_does(folder, to, options):
    pictures(folder, 10, 13, 18, 3)
    made, wanted = script_and_ours(folder, options.split(), to, ".npy")
    np.testing.assert_allclose(made, wanted, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("to", FILTERS)
@pytest.mark.parametrize(
    "options", ["-k 1,2,4 -p zero", "-k box:size=1x3 -p wrap -s 2", "-k 1,0,-1 -k 1,2,1"]
)
def test_signals_of_one_axis_stay_so(folder, to, options):
    np.save(folder / "in.npy", np.array([3.0, 0, 1, 8, 2]))
    made = translated(*options.split(), to=to, folder=folder)
    wanted = ours(*options.split(), folder=folder)
    assert made.shape == wanted.shape
    np.testing.assert_allclose(made, wanted, rtol=1e-6)


def test_opencv_has_medians_of_doubles(folder):
    image = np.random.default_rng(12).normal(0, 50, (9, 8))
    np.save(folder / "in.npy", image)
    made = translated("--pool", "median", "--size", "3", to="opencv", folder=folder)
    np.testing.assert_allclose(made, convcli.pool2d(image, 3, mode="median"), rtol=1e-6)


@pytest.mark.parametrize("to", FILTERS)
@pytest.mark.parametrize("gray", [(), ("--gray",)])
def test_16_bits_of_either_byte_order_stay(folder, to, gray):
    values = np.arange(0, 60000, 1000, dtype=">u2").reshape(6, 10)
    Image.frombytes("I;16B", (10, 6), values.tobytes()).save(folder / "in.tif")
    options = ("-k", "0 0 0; 0 0 1; 0 0 0", "-p", "replicate", *gray)
    made = translated(*options, to=to, folder=folder, source="in.tif", target="out.png")
    np.testing.assert_array_equal(made[:, :-1], values[:, 1:])


@pytest.mark.parametrize("to", FILTERS)
@pytest.mark.parametrize("channels", [1, 2, 3, 5])
@pytest.mark.parametrize("options", ["-k sobel", "-k sobel --gray", "-k sobel-x -k sobel-y"])
def test_channels_of_arrays_are_as_filter_has_them(folder, to, channels, options):
    np.save(folder / "in.npy", np.random.default_rng(12).normal(0, 1, (6, 7, channels)))
    made = translated(*options.split(), to=to, folder=folder)
    wanted = ours(*options.split(), folder=folder)
    assert made.shape == wanted.shape
    np.testing.assert_allclose(made, wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("to", FILTERS)
@pytest.mark.parametrize("options", ["-k sobel-x -p zero", "-k 1,2,1 -p zero --padding 1", "--pool max"])
def test_signals_are_refused_by_windows_of_several_rows(folder, to, options):
    np.save(folder / "in.npy", np.array([3.0, 0, 1, 8, 2]))
    with pytest.raises(SystemExit, match="a signal needs windows of one row"):
        translated(*options.split(), to=to, folder=folder)


@pytest.mark.parametrize("to", FILTERS)
def test_a_gaussian_of_doubles_is_a_formula(folder, to):
    """Sigma 3 has 25 x 25 numbers."""
    image = np.random.default_rng(13).normal(0, 1, (30, 28))
    np.save(folder / "in.npy", image)
    ran = invoke("translate", "-k", "gaussian:sigma=3", "--to", to)
    assert len(ran.out.splitlines()) < 30
    made = translated("-k", "gaussian:sigma=3", to=to, folder=folder)
    wanted = convcli.correlate(image, convcli.kernel("gaussian:sigma=3").weights)
    np.testing.assert_allclose(made, wanted, rtol=0, atol=1e-13)


@pytest.mark.parametrize(
    ("options", "says", "hint"),
    [
        ("-k box --output out.csv --to scipy", "--output 'out.csv'", "name a picture or .npy"),
        ("-k box -o out --to torch", "--output 'out'", "such as picture.png"),
        ("-k box --input https://example.org/a.png --to numpy", "cannot open --input", "on this machine"),
        ("-k rgb.npy --to opencv", "no kernels that sum over channels", "--to torch"),
        ("--pool max --ceil --to numpy", "pass the edges (--ceil)", "use --to torch"),
        # PyTorch has none of these.
        ("--pool median --ceil --to numpy", "pass the edges (--ceil)", "--padding 0,B,0,R"),
        ("--pool avg --padding 1 --size 3 -p wrap --ceil --to numpy", "(--ceil)", "--padding 0,B,0,R"),
    ],
)
def test_refusals_advise_what_works(tmp_path, monkeypatch, options, says, hint):
    monkeypatch.chdir(tmp_path)
    np.save("rgb.npy", np.ones((3, 2, 2)))
    invoke("translate", *options.split()).check_refusal(3, says, hint)
