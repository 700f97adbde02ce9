"""`correlate` against the loop of the oracle, over every padding mode and method."""

import json

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from convcli.choices import Method, PadMode
from convcli.engine.correlation.correlate import convolve, correlate
from convcli.errors import GeometryError, KernelError, UsageError
from tests import oracle
from tests.engine.strategies import dilations, images, kernels, paddings, strides
from tests.paths import CASES

GOLDEN = json.loads((CASES / "golden.json").read_text("utf-8"))["cases"]
WINDOWS = [case for case in GOLDEN if case["op"] in ("correlate", "convolve")]

RNG = np.random.default_rng(7)
DENSE = RNG.normal(0, 1, (5, 5))
TEMPTING = {
    "rank 1": np.outer([1, 2, 1], [-1, 0, 1]),
    "rank 1, real": np.outer(RNG.random(9), RNG.random(6)),
    "rank 2": np.outer(DENSE[0], DENSE[1]) + np.outer(DENSE[2], DENSE[3]),
    "full rank": DENSE,
    "diagonal": np.eye(9) / 9,
    "symmetric": DENSE + DENSE.T,
    "antisymmetric columns": DENSE - DENSE[:, ::-1],
    "zeros": np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]]),
    "all zero": np.zeros((3, 4)),
    "one": np.ones((1, 1)),
    "minus one": -np.ones((1, 1)),
    "minus ones": -np.ones((2, 3)),
    "even": RNG.normal(0, 1, (4, 6)),
    "1 x 9": RNG.normal(0, 1, (1, 9)),
    "9 x 1": RNG.normal(0, 1, (9, 1)),
    "binomial": np.outer([1, 4, 6, 4, 1], [1, 3, 3, 1]) / 128,
    "box": np.ones((7, 15)) / 105,
    "larger than the picture": RNG.normal(0, 1, (29, 31)),
    "1e30": DENSE * 1e30,
    "1e-30": DENSE * 1e-30,
    "1e200": DENSE * 1e200,
    "of all sizes": DENSE * 10.0 ** RNG.integers(-20, 20, (5, 5)),
}


def assert_close(result, expected, image, kernel, extra=0.0, kind=None):
    """Within the bound that the documentation gives."""
    assert result.shape == expected.shape
    allowed = oracle.bound(image, kernel, kind or result.dtype, extra)
    np.testing.assert_allclose(result, expected, rtol=0, atol=allowed)


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("case", WINDOWS, ids=[case["name"] for case in WINDOWS])
def test_golden(case, method):
    operation = {"correlate": correlate, "convolve": convolve}[case["op"]]
    options = {key: case[key] for key in ("stride", "dilation", "padding") if key in case}
    result = operation(
        np.array(case["input"]),
        case["kernel"],
        pad=case["pad"],
        pad_value=case.get("pad_value") or 0.0,
        method=method,
        **options,
    )
    np.testing.assert_allclose(result, case["output"], rtol=0, atol=1e-10)


def test_the_golden_file_holds_windows():
    assert len(WINDOWS) == 13


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("pad", PadMode)
@settings(max_examples=20)
@given(
    image=images(),
    kernel=kernels(),
    padding=paddings,
    stride=strides,
    dilation=dilations,
    bias=st.sampled_from((0.0, -2.5)),
)
def test_equals_the_loop(pad, method, image, kernel, padding, stride, dilation, bias):
    if pad is PadMode.VALID:
        padding = "same"
    sides = oracle.edges_of("valid" if pad is PadMode.VALID else padding, kernel.shape, dilation)
    for axis in (0, 1):
        assume(image.shape[axis] + sum(sides[axis]) > dilation[axis] * (kernel.shape[axis] - 1))
    options = {"pad_value": 9.0, "padding": padding, "stride": stride, "dilation": dilation, "bias": bias}
    result = correlate(image, kernel, pad=pad, method=method, **options)
    expected = oracle.correlate(image, kernel, pad=pad, **options)
    wide = image.dtype in (np.float64, np.int32)
    assert result.dtype == (np.float64 if wide else np.float32)
    allowed = oracle.bound(image, kernel, result.dtype, 9.0) + abs(bias) * np.finfo(result.dtype).eps
    assert result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-7, atol=allowed)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("kernel", TEMPTING.values(), ids=TEMPTING)
def test_tempting_kernels(kernel, dtype, rng):
    image = rng.normal(0, 1, (21, 17)).astype(dtype)
    expected = oracle.correlate(image, kernel)
    for method in Method:
        result = correlate(image, kernel, method=method)
        assert result.dtype == dtype, method
        if np.abs(expected).max() > np.finfo(dtype).max:
            assert np.isinf(result[np.abs(expected) > 4e38]).all(), method
        else:
            assert_close(result, expected, image, kernel)


@pytest.mark.parametrize("scale", [1e30, 1e-30, 3e37, 1e-37])
@pytest.mark.parametrize("method", Method)
def test_huge_and_tiny_pixels(method, scale, rng):
    image = (rng.normal(0, 1, (40, 40)) * scale).astype(np.float32)
    kernel = DENSE / np.abs(DENSE).sum()
    assert_close(correlate(image, kernel, method=method), oracle.correlate(image, kernel), image, kernel)


@pytest.mark.parametrize("method", Method)
def test_pixels_of_all_sizes(method, rng):
    image = (rng.normal(0, 1, (40, 40)) * 10.0 ** rng.integers(-30, 30, (40, 40))).astype(np.float32)
    assert_close(correlate(image, DENSE, method=method), oracle.correlate(image, DENSE), image, DENSE)


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("level", [0.0, 0.1, 255.0, 1e30])
def test_flat_pictures_stay_flat(method, level):
    image = np.full((70, 70), level, np.float32)
    kernel = np.full((63, 63), 1 / 63**2)
    result = correlate(image, kernel, method=method)
    np.testing.assert_allclose(result, image, rtol=3e-6, atol=0)


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
def test_a_strange_pixel_spoils_its_windows_alone(method, strange, rng):
    image = rng.normal(0, 1, (40, 40)).astype(np.float32)
    clean = correlate(image, DENSE)
    image[20, 15] = strange
    result = correlate(image, DENSE, method=method)
    seen = np.zeros((40, 40), bool)
    seen[18:23, 13:18] = True
    assert not np.isfinite(result[seen]).any()
    np.testing.assert_allclose(result[~seen], clean[~seen], rtol=0, atol=oracle.bound([4], DENSE, np.float32))


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize(
    ("shape", "kernel", "stride"),
    [
        ((700, 800), (5, 7), 1),
        ((520, 510, 3), (3, 3), 1),
        ((700, 800), (9, 9), (2, 3)),
        ((3, 300_000), (3, 5), 1),
    ],
)
def test_jobs_do_not_change_a_bit(method, shape, kernel, stride, rng):
    image = rng.normal(0, 1, shape).astype(np.float32)
    weights = rng.normal(0, 1, kernel)
    one, two, three = (
        correlate(image, weights, method=method, stride=stride, jobs=jobs) for jobs in (1, 2, 3)
    )
    assert one.tobytes() == two.tobytes() == three.tobytes()
    exact = correlate(image.astype(np.float64), weights, method="direct", stride=stride)
    assert_close(one, exact, image, weights)


@pytest.mark.parametrize("method", Method)
@settings(max_examples=30)
@given(data=st.data(), image=images(), kernel=kernels(), stride=strides, dilation=dilations)
def test_some_rows_are_those_of_the_whole(method, data, image, kernel, stride, dilation):
    pad = data.draw(st.sampled_from(PadMode))
    options = {"pad": pad, "pad_value": 3.0, "stride": stride, "dilation": dilation, "method": method}
    try:
        whole = correlate(image, kernel, **options)
    except GeometryError:
        assume(False)
    first = data.draw(st.integers(0, len(whole) - 1))
    end = data.draw(st.integers(first + 1, len(whole)))
    assert_close(correlate(image, kernel, rows=(first, end), **options), whole[first:end], image, kernel, 3.0)


@pytest.mark.parametrize("method", Method)
def test_some_rows_of_a_large_picture(method, rng):
    image, kernel = rng.random((900, 700), np.float32), rng.normal(0, 1, (5, 7))
    whole = correlate(image, kernel, method=method)
    for rows in ((0, 1), (0, 400), (1, 899), (700, 900), (899, 900)):
        assert_close(correlate(image, kernel, method=method, rows=rows), whole[slice(*rows)], image, kernel)


def test_convolve_turns_the_kernel(rng):
    image = rng.normal(0, 1, (9, 9))
    turned = correlate(image, DENSE[::-1, ::-1])
    assert convolve(image, DENSE).tolist() == turned.tolist()
    assert not np.allclose(convolve(image, DENSE), correlate(image, DENSE))


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16", "uint32", "int32", "int64", "uint64"])
def test_integers_round_half_to_even_and_saturate(method, dtype, rng):
    for scale in (0.5, 1e6, 1e25):
        image = rng.integers(-9, 10, (30, 20)) * scale
        kernel = [[1.0, 1.0]]
        result = correlate(image, kernel, method=method, dtype=dtype, bias=0.5)
        assert result.dtype == dtype
        sums = correlate(image, kernel, method=method, bias=0.5)
        np.testing.assert_array_equal(result, oracle.saturate(sums, dtype), err_msg=str(scale))


def test_nan_becomes_zero_in_integers():
    image = np.array([[np.nan, np.inf, -np.inf, 3]], np.float32)
    assert correlate(image, [[1]], dtype=np.uint8).tolist() == [[0, 255, 0, 3]]


@given(image=images(kinds=("uint8",)), kernel=kernels(max_side=4))
def test_eight_bits_in_and_out(image, kernel):
    result = correlate(image, kernel, dtype=np.uint8)
    sums = oracle.correlate(image, kernel)
    exact = oracle.saturate(sums, np.uint8).astype(int)
    # A sum at a half, but for rounding, may go to either side.
    half = np.abs(sums - np.floor(sums) - 0.5) < 1e-3
    assert (np.abs(result.astype(int) - exact) <= half).all()


@pytest.mark.parametrize("size", [3, 9, 15])
def test_whole_weights_over_whole_pixels_are_exact(size, rng):
    image = rng.integers(0, 256, (300, 200), dtype=np.uint8)
    for weights in (
        rng.integers(-9, 10, (size, size)),
        np.outer(np.arange(1, size + 1), np.ones(size, int)) * 6,
        np.eye(size, dtype=int) + np.ones((size, size), int),
    ):
        result = correlate(image, weights)
        exact = correlate(image.astype(np.int64), weights, method="direct")
        np.testing.assert_array_equal(result, exact)


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("layout", ["plain", "strided", "reversed", "other type"])
def test_out_receives_the_result(method, layout, rng):
    image = rng.normal(0, 1, (30, 20, 3)).astype(np.float32)
    room = {
        "plain": lambda: np.full((30, 20, 3), np.nan, np.float32),
        "strided": lambda: np.full((60, 20, 6), np.nan, np.float32)[::2, :, 1:4],
        "reversed": lambda: np.full((30, 20, 3), np.nan, np.float32)[::-1, ::-1],
        "other type": lambda: np.full((30, 20, 3), np.nan, np.float64),
    }[layout]()
    result = correlate(image, DENSE, method=method, bias=1.5, out=room)
    assert result is room
    np.testing.assert_array_equal(room, correlate(image, DENSE, method=method, bias=1.5).astype(room.dtype))


def test_out_beside_the_image_in_one_array_is_fine(rng):
    both = np.zeros((20, 20, 2), np.float32)
    both[..., 0] = rng.normal(0, 1, (20, 20))
    correlate(both[..., 0], DENSE, out=both[..., 1])
    np.testing.assert_array_equal(both[..., 1], correlate(both[..., 0].copy(), DENSE))


IMAGE = np.ones((6, 5), np.float32)


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"kernel": np.ones(3)}, KernelError, "(3,)"),
        ({"kernel": np.ones((0, 3))}, KernelError, "(0, 3)"),
        ({"kernel": np.ones((1, 1, 1))}, KernelError, "(1, 1, 1)"),
        ({"kernel": [[1, 2], [3]]}, KernelError, "different lengths"),
        ({"kernel": [[1, np.nan]]}, KernelError, "not finite"),
        ({"kernel": [[1j]]}, KernelError, "complex128"),
        ({"kernel": [["a"]]}, KernelError, "not made of real numbers"),
        ({"image": np.ones(3)}, GeometryError, "(3,)"),
        ({"image": np.ones((1, 2, 3, 4))}, GeometryError, "(1, 2, 3, 4)"),
        ({"image": np.ones((0, 3))}, GeometryError, "(0, 3)"),
        ({"image": np.ones((3, 3), complex)}, UsageError, "complex128"),
        ({"image": np.full((3, 3), None)}, UsageError, "object"),
        ({"kernel": np.ones((7, 3)), "pad": "valid"}, GeometryError, "7x3 is larger than the picture 6x5"),
        ({"kernel": np.ones((3, 9)), "padding": 1}, GeometryError, "6x5 (padded to 8x7)"),
        ({"kernel": np.ones((3, 4)), "padding": 1, "dilation": 3}, GeometryError, "3x4 (dilated to 7x10)"),
        ({"stride": 0}, UsageError, "stride 0"),
        ({"stride": 1.5}, UsageError, "1.5"),
        ({"dilation": (0, 1)}, UsageError, "dilation 0x1"),
        ({"padding": -1}, UsageError, "padding -1"),
        ({"pad": "valid", "padding": 2}, UsageError, "valid"),
        ({"pad": "reflct"}, UsageError, "reflct"),
        ({"method": "fast"}, UsageError, "fast"),
        ({"jobs": 0}, UsageError, "jobs 0"),
        ({"bias": np.nan}, UsageError, "bias nan"),
        ({"pad_value": np.inf}, UsageError, "pad value inf"),
        ({"dtype": complex}, UsageError, "complex128"),
        ({"dtype": bool}, UsageError, "bool"),
        ({"out": np.ones((5, 5), np.float32)}, UsageError, "(5, 5)"),
        ({"out": np.ones((6, 5), np.float32), "dtype": np.uint8}, UsageError, "uint8"),
        ({"out": IMAGE}, UsageError, "overlaps"),
        ({"rows": (3, 3)}, UsageError, "no rows 3 to 3 of 6"),
        ({"rows": (0, 7)}, UsageError, "no rows 0 to 7 of 6"),
        ({"rows": (-1, 2)}, UsageError, "no rows -1 to 2 of 6"),
    ],
)
def test_errors_name_what_was_found(arguments, kind, words):
    with pytest.raises(kind) as caught:
        correlate(**{"image": IMAGE, "kernel": np.ones((3, 3)), **arguments})
    assert words in caught.value.message
    assert caught.value.hint


def test_a_read_only_out_is_refused():
    room = np.ones((6, 5), np.float32)
    room.flags.writeable = False
    with pytest.raises(UsageError, match="read-only"):
        correlate(IMAGE, np.ones((3, 3)), out=room)


def test_arguments_are_left_alone(rng):
    image, kernel = rng.normal(0, 1, (9, 9)), DENSE.copy()
    before = image.copy()
    for method in Method:
        correlate(image, kernel, method=method)
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(kernel, DENSE)
