import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.signal import fftconvolve

from convcli.engine.correlation.correlate import correlate
from convcli.engine.correlation.fft import tile_length
from tests import oracle


@given(
    count=st.integers(1, 5000),
    span=st.integers(1, 300),
    stride=st.integers(1, 9),
    preferred=st.sampled_from((256, 384)),
)
def test_tiles_are_smooth_and_hold_a_result(count, span, stride, preferred):
    length = tile_length(count, span, stride, preferred)
    assert length >= span
    rest = length
    for prime in (2, 3, 5):
        while rest % prime == 0:
            rest //= prime
    assert rest == 1
    assert length % 2 == 0
    whole = (count - 1) * stride + span
    assert length <= max(2 * whole + 2, 2 * preferred, 4 * span)
    if whole > 2 * length:
        assert length - span + 1 >= span / 4


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [2, 11, 32])
def test_float32_stays_in_the_bound_over_many_tiles(size, channels):
    rng = np.random.default_rng(size)
    image = rng.random((500, 700, channels), np.float32) + 100
    kernel = rng.normal(0, 1, (size, size))
    result = correlate(image, kernel, method="fft")
    near = (size - 1) // 2
    padded = np.pad(image, [(near, size - 1 - near)] * 2 + [(0, 0)], mode="reflect").astype(np.float64)
    exact = fftconvolve(padded, kernel[::-1, ::-1, np.newaxis], mode="valid", axes=(0, 1))
    assert result.shape == exact.shape
    assert np.abs(result - exact).max() <= oracle.bound(image, kernel, np.float32)


def test_whole_sums_are_rounded_to_be_exact():
    rng = np.random.default_rng(1)
    image = rng.integers(0, 256, (90, 90), dtype=np.uint8)
    kernel = rng.integers(-3, 4, (9, 9))
    np.testing.assert_array_equal(
        correlate(image, kernel, method="fft"), correlate(image, kernel, method="direct")
    )


@pytest.mark.parametrize("padding", ["same", "valid", "full"])
@pytest.mark.parametrize(
    ("shape", "size"),
    [((70, 6000), (9, 21)), ((600, 2500), (30, 31)), ((300, 1900), (3, 300)), ((40, 3001), (7, 2))],
)
def test_any_number_of_threads_and_tiles(shape, size, padding):
    rng = np.random.default_rng(shape[1])
    image = rng.normal(0, 1, shape).astype(np.float32)
    kernel = rng.normal(0, 1, size)
    options = {"method": "fft", "padding": padding, "bias": 3.0, "pad": "replicate"}
    one, three = (correlate(image, kernel, jobs=jobs, **options) for jobs in (1, 3))
    assert one.tobytes() == three.tobytes()
    padded = np.pad(image, oracle.edges_of(padding, size, (1, 1)), mode="edge").astype(np.float64)
    exact = fftconvolve(padded, kernel[::-1, ::-1], mode="valid") + 3.0
    assert one.shape == exact.shape
    assert np.abs(one - exact).max() <= oracle.bound(image, kernel, np.float32) + 1e-6


def test_whole_sums_are_exact_in_float32():
    rng = np.random.default_rng(2)
    image = rng.integers(0, 256, (300, 1500), dtype=np.uint8)
    kernel = rng.integers(-1, 2, (11, 11))
    found = correlate(image, kernel, method="fft", dtype=np.float32)
    np.testing.assert_array_equal(found, correlate(image, kernel, method="direct", dtype=np.float32))


@pytest.mark.parametrize("channel", [0, 1, 2])
@pytest.mark.parametrize("strange", [np.nan, np.inf])
def test_a_strange_number_in_any_channel_spoils_its_windows_alone(channel, strange):
    rng = np.random.default_rng(3)
    image = rng.normal(0, 1, (300, 900, 3)).astype(np.float32)
    kernel = rng.normal(0, 1, (11, 11))
    clean = correlate(image, kernel, method="direct")
    image[150, 450, channel] = strange
    found = correlate(image, kernel, method="fft")
    spoilt = np.zeros(image.shape, bool)
    spoilt[145:156, 445:456, channel] = True
    np.testing.assert_array_equal(~np.isfinite(found), spoilt)
    np.testing.assert_allclose(found[~spoilt], clean[~spoilt], rtol=0, atol=1e-4)


@pytest.mark.parametrize("magnitude", [1e-38, 1e-30, 1e-12, 1e12, 1e30, 1e34])
def test_tiles_of_any_magnitude_lie_beside_usual_ones(magnitude):
    rng = np.random.default_rng(4)
    image = rng.normal(0, 1, (300, 2000)).astype(np.float32)
    image[:, :1200] *= magnitude
    kernel = rng.normal(0, 1, (9, 9))
    found = correlate(image, kernel, method="fft")
    exact = correlate(image.astype(np.float64), kernel, method="direct")
    for columns in (slice(0, 300), slice(1700, 2000)):
        largest = np.abs(image[:, columns]).max()
        assert np.abs(found - exact)[:, columns].max() <= 3e-6 * largest * np.abs(kernel).sum()


def sky_with_stars(shape, peak, stars):
    rng = np.random.default_rng(6)
    sky = (rng.random(shape) * 0.01).astype(np.float32)
    places = rng.integers(0, shape[0], stars), rng.integers(0, shape[1], stars)
    sky[places] = peak
    return sky, places


def reach_of(places, shape, kernel):
    """Return where a window of `kernel` reads one of the `places`."""
    marks = np.zeros(shape)
    marks[places] = 1
    return fftconvolve(marks, np.ones([2 * n + 1 for n in kernel]), mode="same") > 0.5


@pytest.mark.parametrize(
    ("size", "channels", "dtype"),
    [((21, 37), 1, "float32"), ((5, 4), 3, "float32"), ((64, 3), 1, "float64"), ((9, 9), 1, "float64")],
)
@pytest.mark.parametrize("peak", [1e3, 1e6, -1e6, 1e12, -3.4e38])
def test_stars_leave_no_errors_in_the_sky_beyond_their_reach(size, peak, channels, dtype):
    sky, places = sky_with_stars((300, 900), peak, 12)
    sky = sky.astype(dtype)
    kernel = np.random.default_rng(7).random(size)
    image = sky if channels == 1 else np.dstack([sky] * channels)
    found = correlate(image, kernel, method="fft")
    exact = correlate(image.astype(np.float64), kernel, method="direct")
    far = ~reach_of(places, sky.shape, size)
    assert far.mean() > 0.2
    assert np.abs(found - exact)[far].max() <= 3e-6 * kernel.sum() * 0.01


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float16, np.float32, np.float64, bool])
@pytest.mark.parametrize(
    "options", [{}, {"stride": (2, 3)}, {"dilation": (2, 1)}, {"pad": "zero"}, {"padding": "full"}]
)
def test_a_mask_stays_zero_where_windows_see_zeros_and_never_falls_below(dtype, options):
    mask = np.zeros((400, 700), dtype)
    mask[100:180, 300:420] = 1
    mask[390, 20] = 1
    kernel = np.random.default_rng(8).random((13, 15)) / 100
    found = correlate(mask, kernel, method="fft", **options)
    expected = correlate(mask, kernel, method="direct", **options)
    assert found.min() == 0
    np.testing.assert_array_equal(found == 0, expected == 0)
    np.testing.assert_allclose(found, expected, rtol=0, atol=3e-6 * kernel.sum())


def test_differences_of_zeros_are_zero_and_negatives_stay():
    image = np.zeros((300, 700, 2), np.float32)
    image[:, 350:, 0] = np.random.default_rng(9).normal(0, 1, (300, 350))
    kernel = np.random.default_rng(10).normal(0, 1, (15, 15))
    found = correlate(image, kernel, method="fft")
    np.testing.assert_array_equal(found[..., 1], 0)
    np.testing.assert_array_equal(found[:, :340, 0], 0)
    assert (found[:, 360:, 0] < 0).any()


def test_a_non_negative_kernel_keeps_negatives_of_the_picture():
    image = np.random.default_rng(11).normal(0, 1, (200, 300)).astype(np.float32)
    kernel = np.random.default_rng(12).random((12, 12))
    found = correlate(image, kernel, method="fft")
    expected = correlate(image.astype(np.float64), kernel, method="direct")
    np.testing.assert_allclose(found, expected, rtol=0, atol=oracle.bound(image, kernel, np.float32))


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_sums_of_few_separable_terms_do_not_fall_below_zero(rows):
    rng = np.random.default_rng(rows)
    kernel = sum(np.outer(rng.random(15), rng.random(15)) for _ in range(rows)) * np.tri(15, 15, 14)
    mask = np.zeros((300, 300), np.float32)
    mask[rng.integers(0, 300, 40), rng.integers(0, 300, 40)] = 1
    for method in ("separable", "auto", "gemm", "direct"):
        assert correlate(mask, kernel, method=method).min() >= 0


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_tiles_of_a_usual_range_are_transformed_in_their_own_type(monkeypatch, dtype):
    """NumPy takes None for float64 where types are compared, so that float64 once fell back on weights."""
    from convcli.engine.correlation import direct

    def refuse(*_):
        raise AssertionError("weight by weight")

    monkeypatch.setattr(direct, "program", lambda _: refuse)
    image = np.random.default_rng(13).random((300, 600)).astype(dtype)
    kernel = np.random.default_rng(14).normal(0, 1, (11, 11))
    found = correlate(image, kernel, method="fft")
    monkeypatch.undo()
    expected = correlate(image, kernel, method="direct")
    np.testing.assert_allclose(found, expected, rtol=0, atol=oracle.bound(image, kernel, dtype))


def test_wide_and_whole_tiles_are_transformed_in_float64(monkeypatch):
    from convcli.engine.correlation import direct

    monkeypatch.setattr(direct, "program", lambda _: None)
    sky, _ = sky_with_stars((300, 600), 1e6, 5)
    kernel = np.random.default_rng(15).integers(1, 300, (15, 15))
    assert np.isfinite(correlate(sky, kernel, method="fft")).all()
    whole = np.random.default_rng(16).integers(0, 256, (300, 600), dtype=np.uint8)
    found = correlate(whole, kernel, method="fft")
    monkeypatch.undo()
    np.testing.assert_array_equal(found, correlate(whole.astype(np.int64), kernel, method="direct"))


def test_missing_pixels_do_not_hide_a_large_range_or_zeros():
    sky, places = sky_with_stars((300, 1500), 1e6, 5)
    sky[:, 900:] = 0
    kernel = np.random.default_rng(17).random((12, 12))
    expected = correlate(sky.astype(np.float64), kernel, method="direct")
    far = ~reach_of(places, sky.shape, kernel.shape)
    far[:30, :30] = False
    sky[::8, ::8][:3, :3] = np.nan
    found = correlate(sky, kernel, method="fft")
    assert np.isnan(found).any()
    assert np.abs(found - expected)[far].max() <= 3e-6 * kernel.sum() * 0.01
    np.testing.assert_array_equal(found[:, 910:] == 0, expected[:, 910:] == 0)


@pytest.mark.parametrize("dilation", [1, 2])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_windows_of_padding_alone_are_zero(dtype, dilation):
    rng = np.random.default_rng(17)
    picture = rng.integers(1, 256, (70, 90)).astype(dtype)
    kernel = rng.normal(size=(11, 13))
    made = correlate(picture, kernel, pad="zero", padding=40, dilation=dilation, method="fft")
    rows, columns = (_reads(size, n, dilation) for size, n in zip(kernel.shape, picture.shape, strict=True))
    blank = ~(rows[:, None] & columns)
    assert 0.1 < blank.mean() < 0.9
    assert (made[blank] == 0).all()
    assert (made[~blank] != 0).all()


def _reads(size: int, n: int, dilation: int) -> np.ndarray:
    """Return which windows of an axis padded by 40 read one of its n pixels."""
    outputs = n + 80 - dilation * (size - 1)
    taps = np.arange(outputs)[:, None] + np.arange(size) * dilation
    return ((taps >= 40) & (taps < 40 + n)).any(axis=1)
