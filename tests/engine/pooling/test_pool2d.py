"""`pool2d` against slow loops, PyTorch as stored and live, NumPy, and published numbers."""

import json
from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose, assert_array_equal

from convcli.choices import PadMode, PoolMode
from convcli.engine.pooling.medians import MAX_NETWORK_TAPS, network
from convcli.engine.pooling.pool2d import plan_pooling, pool2d, pool_picture
from convcli.engine.pooling.windows import Pooling
from convcli.engine.window import Window
from convcli.errors import ConvcliError, GeometryError, UsageError
from tests import oracle
from tests.engine.strategies import KINDS, dilations, layouts, seeds, strides
from tests.paths import CASES

GOLDEN = [c for c in json.loads((CASES / "golden.json").read_text("utf-8"))["cases"] if c["op"] == "pool"]
TORCH = np.load(CASES / "torch_pool2d.npz")
STORED = json.loads(str(TORCH["cases"]))["cases"]
EXACT = (PoolMode.MAX, PoolMode.MIN)
NONE = ((0, 0), (0, 0))


def tolerance(x):
    """Return what rounding may make of a mean or norm of a few numbers."""
    return (3e-6 if x.dtype.itemsize < 4 or x.dtype == np.float32 else 1e-13) * max(1, float(np.abs(x).max()))


def drawn(rng, shape, kind):
    kind = np.dtype(kind)
    if kind.kind == "b":
        return rng.random(shape) < 0.5
    if kind.kind in "iu":
        info = np.iinfo(kind)
        return rng.integers(max(info.min, -(2**20)), min(info.max, 2**20), shape, kind, endpoint=True)
    return rng.normal(0, 2, shape).astype(kind)


def test_there_are_published_numbers():
    assert len(GOLDEN) >= 4


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_published_numbers(case):
    options = {
        key: case[key] for key in ("mode", "stride", "padding", "ceil", "count_include_pad") if key in case
    }
    assert_allclose(pool2d(case["input"], case["size"], **options), case["output"], rtol=0, atol=1e-12)


@pytest.mark.parametrize("number", range(len(STORED)))
def test_equals_pytorch_as_stored(number):
    x, expected = TORCH[f"x{number}"], TORCH[f"y{number}"]
    result = pool2d(x, **STORED[number])
    assert result.dtype == expected.dtype
    assert result.shape == expected.shape
    if STORED[number]["mode"] in EXACT:
        assert_array_equal(result, expected)
    else:
        assert_allclose(result, expected, rtol=1e-5, atol=tolerance(x))


def test_many_kinds_are_stored():
    assert {case["mode"] for case in STORED} == {"max", "avg", "min", "lp"}
    assert sum(case["ceil"] for case in STORED) >= 15
    assert sum(any(case["padding"]) for case in STORED) >= 15
    assert sum(not case["count_include_pad"] for case in STORED) >= 5


@pytest.mark.parametrize("seed", range(40))
def test_equals_pytorch_live(seed):
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(seed)
    size, stride = rng.integers(1, 6, 2), rng.integers(1, 5, 2)
    padding, ceil, counts = rng.integers(0, size // 2 + 1), bool(seed % 2), bool(seed % 4 > 1)
    x = rng.normal(0, 1, (2, 3, *rng.integers(6, 20, 2))).astype("float32")
    window = (size.tolist(), stride.tolist(), padding.tolist())
    options = dict(zip(("size", "stride", "padding"), window, strict=True), ceil=ceil)
    expected = torch.nn.functional.max_pool2d(torch.from_numpy(x), *window, 1, ceil).numpy()
    assert_array_equal(pool2d(x, **options), expected)
    expected = torch.nn.functional.avg_pool2d(torch.from_numpy(x), *window, ceil, counts).numpy()
    result = pool2d(x, mode="avg", count_include_pad=counts, **options)
    assert_allclose(result, expected, rtol=1e-5, atol=1e-6)


sides = st.tuples(st.integers(0, 4), st.integers(0, 4))


@pytest.mark.parametrize("mode", PoolMode)
@settings(max_examples=80)
@given(
    data=st.data(),
    seed=seeds,
    size=st.tuples(st.integers(1, 7), st.integers(1, 7)),
    stride=strides,
    dilation=dilations,
    edges=st.tuples(sides, sides),
    ceil=st.booleans(),
    kind=st.sampled_from(KINDS),
)
def test_equals_the_loop(mode, data, seed, size, stride, dilation, edges, ceil, kind):
    rng = np.random.default_rng(seed)
    shape = rng.integers(1, 14, 2)
    x = data.draw(layouts(drawn(rng, shape, kind)))
    options = {"mode": mode, "stride": stride, "dilation": dilation, "ceil": ceil}
    if mode is PoolMode.AVG:
        options["count_include_pad"] = data.draw(st.booleans())
    if mode is PoolMode.LP:
        options["p"] = data.draw(st.sampled_from((1.0, 2.0, 3.0, 0.5)))
    spans = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
    fits = all(s <= n + sum(e) for s, n, e in zip(spans, shape, edges, strict=True))
    expected = oracle.pool2d(x, size, edges=edges, **options)
    if (not fits and not ceil) or expected.size == 0 or np.isnan(expected).any():
        with pytest.raises(GeometryError):
            pool2d(x, size, padding=edges, **options)
        return
    result = pool2d(x, size, padding=edges, **options)
    assert result.shape == expected.shape
    if mode in EXACT:
        assert result.dtype == np.dtype(kind).newbyteorder("=")
        assert_array_equal(result, expected)
    else:
        single = np.can_cast(np.dtype(kind), np.float32)
        assert result.dtype == (np.float32 if single else np.float64)
        rtol = 3e-6 if single else 1e-13
        assert_allclose(result, expected, rtol=rtol, atol=rtol * float(np.abs(x.astype(float)).max()))


@pytest.mark.parametrize("pad", PadMode)
@pytest.mark.parametrize("mode", PoolMode)
@settings(max_examples=20)
@given(
    seed=seeds,
    size=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    stride=strides,
    dilation=dilations,
    edges=st.tuples(sides, sides),
    ceil=st.booleans(),
    kind=st.sampled_from(("float32", "float64", "uint8", "int16")),
)
def test_padded_pixels_count_as_pixels(mode, pad, seed, size, stride, dilation, edges, ceil, kind):
    rng = np.random.default_rng(seed)
    edges = NONE if pad is PadMode.VALID else edges
    spans = [d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)]
    x = drawn(rng, [span + int(rng.integers(0, 6)) for span in spans], kind)
    options = {"mode": mode, "stride": stride, "dilation": dilation, "ceil": ceil, "pad": pad, "pad_value": 3}
    result = pool2d(x, size, padding=edges, **options)
    expected = oracle.pool2d(x, size, edges=edges, **options)
    rtol = 1e-13 if kind == "float64" else 3e-6
    assert_allclose(result, expected, rtol=rtol, atol=rtol * max(3, float(np.abs(x.astype(float)).max())))


@pytest.mark.parametrize("mode", PoolMode)
@pytest.mark.parametrize(
    ("size", "stride"),
    [
        ((2, 2), None),
        ((3, 3), (2, 2)),
        ((7, 7), (1, 1)),
        ((31, 5), (1, 2)),
        ((4, 4), (4, 4)),
        ((40, 3), (7, 3)),
    ],
)
@pytest.mark.parametrize("kind", ["uint8", "float32", "float64", "uint16"])
def test_pictures_cut_into_parts(mode, size, stride, kind, monkeypatch):
    """What is too large for loops, against NumPy: medians of window views, the others by rows and columns."""
    monkeypatch.setattr("convcli.engine.pooling.pool2d.ONE_THREAD_BELOW", 1 << 14)
    monkeypatch.setattr("convcli.engine.pooling.reductions.PART_BYTES", 1 << 16)
    monkeypatch.setattr("convcli.engine.pooling.medians.UNFOLDED_SAMPLES", 1 << 14)
    x = drawn(np.random.default_rng(5), (3, 70, 150) if mode is PoolMode.MEDIAN else (2, 70, 700), kind)
    steps = stride or size
    result = pool2d(x, size, mode=mode, stride=stride, jobs=2)
    rows = np.linspace(0, result.shape[1] - 1, 20).astype(int)
    if mode is PoolMode.MEDIAN:
        views = np.lib.stride_tricks.sliding_window_view(x, size, (1, 2))[:, :: steps[0], :: steps[1]]
        expected = np.median(views[:, rows].astype(np.float64), axis=(-2, -1))
    else:
        one = {"max": np.maximum, "min": np.minimum}.get(mode, np.add)
        power = 2 if mode is PoolMode.LP else 1
        seen = (x[:, rows * steps[0] + i].astype(np.float64) ** power for i in range(size[0]))
        down, last = reduce(one, seen), (result.shape[2] - 1) * steps[1] + 1
        expected = reduce(one, [down[..., j : j + last : steps[1]] for j in range(size[1])])
        if mode is PoolMode.AVG:
            expected /= size[0] * size[1]
        if mode is PoolMode.LP:
            expected = np.sqrt(expected)
    assert_allclose(result[:, rows], expected, rtol=1e-13 if kind == "float64" else 2e-6, atol=tolerance(x))


@pytest.mark.parametrize("mode", PoolMode)
@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (3, 4)])
def test_interleaved_channels(mode, kind, stride):
    image = drawn(np.random.default_rng(6), (90, 70, 3), kind)
    how = Pooling(Window((4, 3), stride or (4, 3), ((1, 2), (0, 1)), mode=None), mode)
    planes = np.ascontiguousarray(np.moveaxis(image, 2, 0))
    expected = pool2d(planes, (4, 3), mode=mode, stride=stride, padding=((1, 2), (0, 1)))
    assert_array_equal(np.moveaxis(pool_picture(image, how), 2, 0), expected)


@pytest.mark.parametrize("mode", PoolMode)
def test_leading_axes(mode):
    x = np.random.default_rng(7).normal(0, 1, (2, 3, 4, 9, 8))
    result = pool2d(x, (2, 3), mode=mode, stride=1)
    assert result.shape == (2, 3, 4, 8, 6)
    for index in np.ndindex(2, 3, 4):
        assert_array_equal(result[index], pool2d(x[index], (2, 3), mode=mode, stride=1))
    assert_array_equal(
        pool2d(x.transpose(2, 0, 1, 3, 4), (2, 3), mode=mode, stride=1)[1, 0, 2], result[0, 2, 1]
    )


@pytest.mark.parametrize("mode", PoolMode)
@pytest.mark.parametrize("stride", [1, 3])
def test_threads_change_nothing(mode, stride):
    x = np.random.default_rng(8).normal(0, 1, (1200, 900)).astype(np.float32)
    results = [pool2d(x, 3, mode=mode, stride=stride, padding=1, jobs=jobs) for jobs in (1, 2, 5)]
    assert_array_equal(results[1], results[0])
    assert_array_equal(results[2], results[0])


@pytest.mark.parametrize("mode", PoolMode)
@pytest.mark.parametrize("size", [2, 3, 6, 20])
def test_nan_spreads_to_the_windows_that_see_it(mode, size):
    x = np.random.default_rng(9).normal(0, 1, (40, 50)).astype(np.float32)
    x[17, 23] = np.nan
    result = pool2d(x, size, mode=mode, stride=1, padding=1)
    padded = np.pad(np.isnan(x), 1)
    views = np.lib.stride_tricks.sliding_window_view(padded, (size, size))
    assert_array_equal(np.isnan(result), views.any(axis=(2, 3)))


@pytest.mark.parametrize("mode", ["max", "min", "median"])
def test_infinity_is_a_number(mode):
    x = np.full((4, 4), np.inf if mode == "min" else -np.inf)
    assert_array_equal(pool2d(x, 3, mode=mode, stride=1, padding=1), x)


def test_an_infinity_stays_in_its_windows():
    x = np.ones((30, 30), np.float32)
    x[3, 4] = np.inf
    result = pool2d(x, 7, mode="avg", stride=1)
    assert np.isinf(result).sum() == 4 * 5
    assert (result[4:, 5:] == 1).all()


def test_the_norm_of_infinite_power_is_the_largest_absolute():
    x = np.random.default_rng(10).normal(0, 1, (9, 12))
    assert_array_equal(pool2d(x, 3, mode="lp", p=np.inf), pool2d(np.abs(x), 3))


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32", "float64"])
@pytest.mark.parametrize("p", [8, 100, 1000, 1e300])
def test_norms_of_large_powers_neither_overflow_nor_vanish(kind, p):
    # m, 0, 0, m has the norm m * 2**(1/p), however large or small m**p is
    x = np.zeros((2, 6), kind)
    x[0, ::2] = x[1, 1::2] = largest = [np.iinfo(kind).max if kind[0] == "u" else 1e30, 1, 0]
    expected = np.array(largest) * 2 ** (1 / p)
    assert_allclose(pool2d(x, 2, mode="lp", p=p)[0], expected, rtol=1e-5 if kind != "float64" else 1e-14)


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float32"])
def test_means_of_many_pixels_are_exact_enough(kind):
    x = drawn(np.random.default_rng(11), (1, 900, 700), kind)
    x = x if kind.startswith("u") else x + np.float32(1000)
    expected = x.mean(dtype=np.float64)
    assert_allclose(pool2d(x, (900, 700), mode="avg"), expected, rtol=2e-7)


def test_whole_picture():
    x = np.random.default_rng(12).normal(0, 1, (3, 50, 60)).astype(np.float32)
    for mode, reduction in {"max": np.max, "min": np.min, "median": np.median, "avg": np.mean}.items():
        expected = reduction(x.astype(np.float64), axis=(1, 2), keepdims=True)
        assert_allclose(pool2d(x, (50, 60), mode=mode), expected, rtol=2e-6, atol=1e-6)


@pytest.mark.parametrize("count", [*range(1, 50), 64, 81, 121, MAX_NETWORK_TAPS])
def test_networks_find_the_median(count):
    rng = np.random.default_rng(count)
    values = rng.integers(0, 2, (200, count))  # by the 0-1 principle, right for these is right for all
    held = list(values.T)
    for low, top, lesser, greater in network(count):
        less, more = np.minimum(held[low], held[top]), np.maximum(held[low], held[top])
        held[low], held[top] = less if lesser else held[low], more if greater else held[top]
    order = np.sort(values, axis=1)
    assert_array_equal(held[(count - 1) // 2], order[:, (count - 1) // 2])
    assert_array_equal(held[count // 2], order[:, count // 2])


@pytest.mark.parametrize(
    ("how", "method", "words"),
    [
        (Pooling(Window((2, 2), (2, 2))), "slices", "1 + 1 operations"),
        (Pooling(Window((31, 31))), "doubling", "5 + 5 operations"),
        (Pooling(Window((33, 2)), PoolMode.AVG), "doubling", "6 + 1 operations"),
        (Pooling(Window((3, 3), (3, 3)), PoolMode.MEDIAN), "network", "exchanges order the 9 pixels"),
        (Pooling(Window((99, 99), (99, 99)), PoolMode.MEDIAN), "sort", "9801 pixels"),
    ],
)
def test_the_cost_of_a_window_grows_with_its_logarithm(how, method, words):
    chosen, reason = plan_pooling(how)
    assert chosen == method
    assert words in reason


@pytest.mark.parametrize(
    ("arguments", "kind", "words"),
    [
        ({"x": np.ones(5)}, GeometryError, ("(5,)",)),
        ({"x": np.ones((3, 0, 5))}, GeometryError, ("(3, 0, 5)",)),
        ({"x": np.ones((5, 5), complex)}, UsageError, ("complex128",)),
        ({"size": 0}, UsageError, ("size 0",)),
        ({"size": 9}, GeometryError, ("window 9x9", "5x5")),
        ({"size": (2, 3), "dilation": 4}, GeometryError, ("window 2x3", "5x9", "5x5")),
        ({"size": 40, "stride": 1, "ceil": True}, GeometryError, ("40x40", "5x5")),
        ({"stride": 0}, UsageError, ("stride 0",)),
        ({"dilation": -1}, UsageError, ("dilation -1",)),
        ({"padding": -1}, UsageError, ("padding -1",)),
        ({"padding": 2}, GeometryError, ("padding of 2 and 2 rows", "windows of 2", "5")),
        ({"padding": ((0, 0), (0, 3)), "stride": 1}, GeometryError, ("padding of 0 and 3 columns",)),
        ({"padding": 2, "mode": "median"}, GeometryError, ("without any pixel",)),
        ({"padding": 2, "mode": "avg", "count_include_pad": False}, GeometryError, ("without any pixel",)),
        ({"mode": "mox"}, UsageError, ("pooling mode 'mox'",)),
        ({"mode": "lp", "p": 0}, UsageError, ("norm 0",)),
        ({"mode": "lp", "p": np.nan}, UsageError, ("norm nan",)),
        ({"pad": "reflct"}, UsageError, ("reflct",)),
        ({"pad": "valid", "padding": 1}, UsageError, ("valid",)),
        (
            {"pad": "reflect", "padding": 1, "mode": "avg", "count_include_pad": False},
            UsageError,
            ("reflect",),
        ),
        ({"x": np.ones((5, 5), "u1"), "pad": "constant", "pad_value": 300}, UsageError, ("300", "uint8")),
        ({"jobs": 0, "x": np.ones((1000, 1000))}, UsageError, ("jobs 0",)),
    ],
)
def test_errors(arguments, kind, words):
    with pytest.raises(ConvcliError) as caught:
        pool2d(**{"x": np.ones((5, 5)), "size": 2, **arguments})
    assert type(caught.value) is kind
    assert all(word in caught.value.message for word in words)
    assert caught.value.hint


def test_sums_may_see_padding_alone():
    x = np.ones((5, 5))
    assert pool2d(x, 2, mode="avg", padding=2).tolist()[0] == [0] * 4
    assert pool2d(x, 2, mode="lp", padding=2)[0].tolist() == [0] * 4
    assert pool2d(x, 2, padding=2, pad="constant", pad_value=7)[0].tolist() == [7] * 4


@pytest.mark.parametrize("shape", [(7, 9), (2, 2), (3, 8, 6), (2, 3, 301, 258)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_means_of_two_by_two(shape, dtype):
    x = np.random.default_rng(4).normal(size=shape).astype(dtype)
    rows, columns = shape[-2] // 2, shape[-1] // 2
    tiles = x[..., : 2 * rows, : 2 * columns].reshape(*shape[:-2], rows, 2, columns, 2)
    found = pool2d(x, 2, mode="avg")
    assert found.dtype == dtype
    np.testing.assert_allclose(found, tiles.astype(float).mean(axis=(-3, -1)), atol=4 * np.finfo(dtype).eps)
    view = np.asfortranarray(x)
    np.testing.assert_array_equal(pool2d(view, 2, mode="avg"), found)
