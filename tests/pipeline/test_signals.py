"""Kernels and windows along signals, beside NumPy and SciPy, which have the same functions of one axis."""

import io
import json

import numpy as np
import pytest
import scipy.ndimage as ndimage
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from convcli.choices import PadMode
from convcli.errors import GeometryError, KernelError
from convcli.imaging.image import Frame
from convcli.kernels.spec import Kernel, kernel
from convcli.options.specs import FilterSpec, PoolSpec
from convcli.pipeline.feature_maps import Filtering
from convcli.pipeline.loaded_kernels import load_kernels
from convcli.pipeline.signals import one_axis, one_row

WHOLE = st.integers(-9, 9).map(float)
LENGTHS = {
    "signals": st.lists(WHOLE, min_size=1, max_size=12),
    "kernels": st.lists(WHOLE, min_size=1, max_size=7),
}

# SciPy's names of the modes (scipy.ndimage.correlate1d), and ours.
SCIPY = {
    "reflect": PadMode.SYMMETRIC,
    "constant": PadMode.ZERO,
    "nearest": PadMode.REPLICATE,
    "mirror": PadMode.REFLECT,
    "wrap": PadMode.WRAP,
}


def along(values, spec, **options):
    """Return what `filter` makes of a signal."""
    how = FilterSpec(**options)
    frame = Frame(np.atleast_2d(np.asarray(values, float)))
    (made,) = Filtering(load_kernels([spec], how), how).along_signal().maps(frame)
    assert made.values.shape[0] == 1
    return made.values[0]


def text(weights):
    return " ".join(map(repr, weights))


@given(signal=LENGTHS["signals"], weights=LENGTHS["kernels"])
def test_full_is_that_of_numpy(signal, weights):
    full = {"pad": PadMode.ZERO, "padding": "full"}
    assert_array_equal(along(signal, text(weights), convolve=True, **full), np.convolve(signal, weights))
    assert_array_equal(along(signal, text(weights), **full), np.correlate(signal, weights, "full"))


@given(signal=LENGTHS["signals"], weights=LENGTHS["kernels"])
def test_valid_is_that_of_numpy_or_no_window_fits(signal, weights):
    def made(convolve):
        return along(signal, text(weights), pad=PadMode.VALID, convolve=convolve)

    if len(signal) < len(weights):  # NumPy slides the signal along the kernel then
        with pytest.raises(GeometryError, match="larger"):
            made(True)
        return
    assert_array_equal(made(True), np.convolve(signal, weights, "valid"))
    assert_array_equal(made(False), np.correlate(signal, weights, "valid"))


@given(signal=LENGTHS["signals"], weights=LENGTHS["kernels"])
def test_same_is_that_of_numpy_but_for_even_kernels_which_it_centres_one_later(signal, weights):
    if len(signal) < len(weights):  # NumPy gives as many samples as the longer one has
        signal, weights = weights, signal
    half, zero = len(weights) // 2, {"pad": PadMode.ZERO}
    if len(weights) % 2:
        assert_array_equal(
            along(signal, text(weights), convolve=True, **zero), np.convolve(signal, weights, "same")
        )
        assert_array_equal(along(signal, text(weights), **zero), np.correlate(signal, weights, "same"))
    else:
        beside = {**zero, "padding": ((0, 0), (half, half - 1))}
        assert_array_equal(
            along(signal, text(weights), convolve=True, **beside), np.convolve(signal, weights, "same")
        )
        assert_array_equal(along(signal, text(weights), **beside), np.correlate(signal, weights, "same"))


@pytest.mark.parametrize("mode", SCIPY)
@given(signal=st.lists(WHOLE, min_size=9, max_size=15), weights=st.lists(WHOLE, min_size=1, max_size=7))
def test_modes_are_those_of_scipy(mode, signal, weights):
    weights = weights if len(weights) % 2 else weights[1:]
    if not weights:
        return
    assert_allclose(
        along(signal, text(weights), pad=SCIPY[mode]),
        ndimage.correlate1d(signal, weights, mode=mode),
        atol=1e-12,
    )
    assert_allclose(
        along(signal, text(weights), pad=SCIPY[mode], convolve=True),
        ndimage.convolve1d(signal, weights, mode=mode),
        atol=1e-12,
    )


@pytest.mark.parametrize("mode", SCIPY)
def test_a_gaussian_is_that_of_one_axis_whatever_the_padding(mode):
    signal = np.random.default_rng(3).normal(size=40)
    made = along(signal, "gaussian:sigma=1.5", pad=SCIPY[mode])
    assert_allclose(made, ndimage.gaussian_filter1d(signal, 1.5, mode=mode), atol=1e-12)


@pytest.mark.parametrize(
    ("spec", "row"),
    [
        ("laplacian", [1, -2, 1]),
        ("sobel-x", [-4, 0, 4]),
        ("sobel-y", [0, 0, 0]),
        ("box:size=3", [1 / 3] * 3),
        ("1 2; 3 4", [4, 6]),
        ("1 2 3", [1, 2, 3]),
    ],
)
def test_a_kernel_of_several_rows_is_the_sum_of_its_rows(spec, row):
    (part,) = one_row(kernel(spec)).components
    assert_allclose(part, [row], atol=1e-15)


def test_a_sum_of_rows_is_said_unless_the_row_is_a_factor_of_the_kernel():
    said = {spec: one_row(kernel(spec)).notes for spec in ("gaussian", "box", "1 2 3", "laplacian", "sobel")}
    assert said["gaussian"] == said["box"] == said["1 2 3"] == ()
    assert said["laplacian"] == ("kernel 'laplacian': along a signal its 3 rows are added up, to 1 -2 1",)
    assert said["sobel"][0].endswith("to -4 0 4 and zeros")


def test_a_column_is_no_kernel_of_a_signal():
    with pytest.raises(KernelError, match="column of 3") as caught:
        one_row(Kernel.of([[1], [2], [1]]))
    assert "'1 2 1'" in caught.value.hint


@pytest.mark.parametrize(
    ("given_size", "given_padding", "size", "padding"),
    [
        ((2, 2), ((1, 1), (1, 1)), (1, 2), ((0, 0), (1, 1))),
        ((1, 3), ((0, 0), (2, 1)), (1, 3), ((0, 0), (2, 1))),
        ((3, 3), "same", (1, 3), "same"),
    ],
)
def test_one_number_is_a_size_along_the_signal(given_size, given_padding, size, padding):
    spec = one_axis(PoolSpec(size=given_size, padding=given_padding))
    assert (spec.size, spec.padding) == (size, padding)


@pytest.mark.parametrize(
    "options",
    [{"size": (3, 2)}, {"size": (2, 1)}, {"padding": ((1, 1), (2, 2))}, {"padding": ((1, 0), (0, 0))}],
)
def test_rows_of_their_own_number_are_refused(options):
    with pytest.raises(GeometryError, match="a signal") as caught:
        one_axis(PoolSpec(**options))
    assert caught.value.hint


def stored(values):
    buffer = io.BytesIO()
    np.save(buffer, values)
    return buffer.getvalue()


def test_filter_writes_one_axis_as_numpy_does(convcli):
    signal, weights = np.array([1.0, 4, -2, 3]), np.array([1.0, 2, 3])
    np.save("x.npy", signal)
    np.save("k.npy", weights)
    for padding in ("full", "same"):
        ran = convcli(
            "filter", "x.npy", "-k", "k.npy", "--convolve", "-p", "zero", "--padding", padding, "-o", "y.npy"
        )
        assert (ran.status, ran.err) == (0, "")
        assert_array_equal(np.load("y.npy"), np.convolve(signal, weights, padding), strict=True)
    ran = convcli("filter", "x.npy", "-k", "k.npy", "--convolve", "-p", "valid", "-o", "y.npy")
    assert_array_equal(np.load("y.npy"), np.convolve(signal, weights, "valid"), strict=True)


def test_stdin_and_text_keep_their_one_axis(convcli):
    assert convcli("filter", "-", "-k", "1 1 1", "-p", "zero", stdin=b"[1,2,3]").out == b"[3,6,5]\n"
    assert convcli("filter", "-", "-k", "[1, 1]", "-p", "zero", stdin=b"1,2,3\n").out == b"3,5,3\n"
    assert convcli("filter", "-", "-k", "1 1 1", "-p", "zero", stdin=b"[[1,2,3]]").out == b"[[3,6,5]]\n"
    data = convcli("filter", "-", "-k", "2", "--layout", "chw", stdin=stored(np.arange(3.0))).out
    assert_array_equal(np.load(io.BytesIO(data)), [0.0, 2, 4], strict=True)


def test_an_even_kernel_says_where_numpy_differs(convcli):
    ran = convcli("filter", "-", "-k", "1 2", "--convolve", "-p", "zero", stdin=b"[1,2,3]")
    assert ran.out == b"[4,7,6]\n"
    assert ran.err.count("--padding 0,0,1,0 does as np.convolve") == 1
    as_numpy = convcli(
        "filter", "-", "-k", "1 2", "--convolve", "-p", "zero", "--padding", "0,0,1,0", stdin=b"[1,2,3]"
    )
    assert json.loads(as_numpy.out) == np.convolve([1, 2, 3], [1, 2], "same").tolist() == [1, 4, 7]
    assert as_numpy.err == ""


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--size", "2"], [5, 9, 2]),
        (["--size", "2x2"], [5, 9, 2]),
        ([], [5, 9, 2]),
        (["--size", "3", "--stride", "1", "--padding", "1", "--mode", "min"], [1, 1, 3, 2, 2, 2]),
        (["--size", "3", "--stride", "2", "--mode", "avg"], [3, 14 / 3]),
        (["--global"], [9]),
    ],
)
def test_pooling_slides_along_the_signal(convcli, options, expected):
    # by hand, of 1 5 3 9 2 2
    ran = convcli("pool", "-", *options, stdin=b"[1,5,3,9,2,2]")
    assert_allclose(json.loads(ran.out), expected, rtol=1e-6)


def test_a_signal_becomes_a_picture_of_one_row(convcli):
    ran = convcli("filter", "-", "-k", "identity", "--range", "unit", "-o", "y.png", stdin=b"[0,0.5,1]")
    assert ran.status == 0, ran.err
    shown = convcli("show", "y.png", "--as", "csv")
    assert shown.out == b"0,128,255\n"


def test_commands_that_take_signals_as_rows(convcli):
    np.save("x.npy", np.random.default_rng(0).normal(size=64))
    assert convcli("show", "x.npy", "-k", "1 2 1", "--as", "npy", "-o", "m.npy").status == 0
    assert np.load("m.npy").shape == (64,)
    compared = convcli("compare", "x.npy", "-k", "gaussian", "--json")
    bands = {mode["pad"]: mode["sides"] for mode in json.loads(compared.out)["modes"]}
    assert bands["reflect"]["top"] is None  # no row is made up
    assert bands["reflect"]["left"] >= 0
    refused = convcli("compare", "x.npy", "-k", "gaussian", "--crop", "4")
    refused.check_refusal(1, "leaves nothing of 1 x 64")
