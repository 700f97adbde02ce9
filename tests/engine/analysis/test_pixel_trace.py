"""One output pixel equals the engine's and the slow loop's; where padding was taken from is the oracle's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from convcli.choices import PadMode
from convcli.engine.analysis.pixel_trace import output_pixel, trace_window
from convcli.engine.correlation.correlate import convolve, correlate
from convcli.engine.layers.conv2d import conv2d
from convcli.engine.pad import CONSTANT
from convcli.engine.window import Window
from convcli.errors import GeometryError
from tests import oracle
from tests.engine.strategies import images, kernels

PAIRS = st.tuples(st.integers(1, 3), st.integers(1, 3))
SIDES = st.tuples(st.integers(0, 4), st.integers(0, 4))
PADDINGS = st.one_of(st.sampled_from(("same", "full")), st.tuples(SIDES, SIDES))


def trace_pixel(image, kernel, at, *, bias=0.0, **options):
    return trace_window(image, kernel, at, Window.parse(kernel.shape[-2:], **options), bias=bias)


@st.composite
def windows(draw):
    """A picture, a kernel that fits it, the options, and an output pixel."""
    pad = draw(st.sampled_from(PadMode))
    options = {
        "pad": pad,
        "pad_value": draw(st.sampled_from((0.0, 3.5, -2.0))) if pad is PadMode.CONSTANT else 0.0,
        "padding": "same" if pad is PadMode.VALID else draw(PADDINGS),
        "stride": draw(PAIRS),
        "dilation": draw(PAIRS),
        "bias": draw(st.sampled_from((0.0, 1.25, -7.0))),
    }
    image, kernel = draw(images(max_side=9)), draw(kernels(max_side=5))
    taken = {name: options[name] for name in ("padding", "dilation")}
    edges = oracle.edges_of(
        "valid" if pad is PadMode.VALID else taken["padding"], kernel.shape, taken["dilation"]
    )
    spans = [d * (k - 1) + 1 for d, k in zip(taken["dilation"], kernel.shape, strict=True)]
    # a kernel that is larger than the padded picture has no output pixel: trim it
    trimmed = [
        k if span <= n + sum(side) else 1
        for k, span, n, side in zip(kernel.shape, spans, image.shape, edges, strict=False)
    ]
    return image, kernel[: trimmed[0], : trimmed[1]], options, draw(st.tuples(*[st.integers(0, 2**20)] * 2))


@settings(max_examples=60)
@given(windows(), st.booleans())
def test_a_pixel_is_what_the_engine_and_the_loop_say(drawn, turned):
    image, kernel, options, somewhere = drawn
    whole = (convolve if turned else correlate)(image, kernel, **options)
    used = kernel[::-1, ::-1] if turned else kernel
    at = tuple(place % n for place, n in zip(somewhere, whole.shape, strict=False))
    trace = trace_pixel(image, used, at, **options)
    slow = oracle.correlate(image, used, **{**options, "pad": str(options["pad"])})
    assert (trace.rows.result, trace.columns.result) == whole.shape[:2] == slow.shape[:2]
    values = np.array(trace.values)
    assert_allclose(values, np.atleast_1d(slow[at]), rtol=1e-12, atol=1e-9)
    slack = oracle.bound(image, kernel, whole.dtype, max(abs(options["pad_value"]), 7.0)) + 1e-9
    assert np.abs(values - np.atleast_1d(whole[at])).max() <= slack


@settings(max_examples=60)
@given(windows())
def test_where_each_pixel_was_taken_from(drawn):
    image, kernel, options, somewhere = drawn
    shape = correlate(image, kernel, **options).shape
    at = (somewhere[0] % shape[0], somewhere[1] % shape[1])
    trace = trace_pixel(image, kernel, at, **options)
    mode = "zero" if options["pad"] is PadMode.VALID else str(options["pad"])
    value = options["pad_value"]
    for i in range(kernel.shape[0]):
        for j in range(kernel.shape[1]):
            r, c = int(trace.rows.places[i]), int(trace.columns.places[j])
            y = oracle.source(r, image.shape[0], mode)
            x = oracle.source(c, image.shape[1], mode)
            beyond = not (0 <= r < image.shape[0] and 0 <= c < image.shape[1])
            assert bool(trace.padded[i, j]) == beyond
            assert bool(trace.constant[i, j]) == (y is None or x is None)
            seen = np.atleast_1d(value if y is None or x is None else np.float64(image[y, x]))
            assert_allclose(trace.window[:, i, j], np.broadcast_to(seen, trace.window.shape[:1]))
            if y is not None and x is not None:
                assert (trace.rows.shown[i], trace.columns.shown[j]) == (y, x)
            assert_allclose(trace.products[:, i, j], trace.window[:, i, j] * kernel[i, j])
            # the window itself moves as the definition says
            top, left = trace.rows.axis.low, trace.columns.axis.low
            assert r == at[0] * options["stride"][0] + i * options["dilation"][0] - top
            assert c == at[1] * options["stride"][1] + j * options["dilation"][1] - left


def test_channels_are_added_up():
    rng = np.random.default_rng(3)
    image, weights = rng.integers(0, 256, (7, 6, 3), dtype=np.uint8), rng.normal(size=(3, 3, 2))
    whole = conv2d(np.moveaxis(image, 2, 0), weights[None], np.array([2.0]), stride=2, padding=1)[0]
    for m in range(whole.shape[0]):
        for n in range(whole.shape[1]):
            trace = trace_pixel(image, weights, (m, n), pad="zero", padding=1, stride=2, bias=2.0)
            assert trace.values == pytest.approx((whole[m, n],), abs=1e-3)
            assert sum(trace.channel_sums) == pytest.approx(trace.sums[0], rel=1e-12, abs=1e-9)


def test_the_receptive_field():
    trace = trace_pixel(np.zeros((6, 8)), np.ones((3, 3)), (0, 7), dilation=(2, 3), padding="same")
    assert trace.rows.places.tolist() == [-2, 0, 2]
    assert trace.rows.span == (-2, 2)
    assert trace.rows.inside == (0, 2)
    assert trace.columns.span == (4, 10)
    assert trace.columns.inside == (4, 7)
    far = trace_pixel(np.zeros((6, 8)), np.ones((2, 2)), (0, 0), pad="zero", padding=5)
    assert far.rows.inside is None
    assert (far.rows.shown == CONSTANT).all()


@pytest.mark.parametrize(("at", "expected"), [((-1, -1), (3, 4)), ((0, -5), (0, 0)), ((3, 4), (3, 4))])
def test_negative_numbers_count_from_the_end(at, expected):
    assert output_pixel(at, (4, 5)) == expected


@pytest.mark.parametrize("at", [(4, 0), (0, 5), (-5, 0), (0, -6)])
def test_no_such_pixel(at):
    with pytest.raises(GeometryError, match=r"no output pixel .*the output is 4x5") as caught:
        output_pixel(at, (4, 5))
    assert "rows are 0 to 3, columns 0 to 4" in caught.value.hint


def test_what_does_not_fit():
    with pytest.raises(GeometryError, match="3 channels, the picture has 1"):
        trace_pixel(np.zeros((5, 5)), np.zeros((3, 3, 3)), (0, 0))
    with pytest.raises(GeometryError, match="larger than the picture"):
        trace_pixel(np.zeros((2, 2)), np.zeros((3, 3)), (0, 0), pad="valid")
    with pytest.raises(GeometryError, match="not a picture"):
        trace_pixel(np.zeros(4), np.zeros((3, 3)), (0, 0))


def test_sums_are_correctly_rounded_and_may_overflow():
    image = np.array([[1e16, 1.0, -1e16]])
    assert trace_pixel(image, np.ones((1, 3)), (0, 1), pad="zero").sums == (1.0,)
    huge = np.full((1, 2), 1e308)
    assert trace_pixel(huge, np.ones((1, 2)), (0, 0), pad="valid").sums == (np.inf,)
