"""Which named kernel a matrix is: what a name makes is found again, and what is found is what was there."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from convcli.kernels.recognition.fixed_matrices import COMPASS, TURNS
from convcli.kernels.recognition.recognise import recognise
from convcli.kernels.recognition.searched_families import box_blurs, resized
from convcli.kernels.spec import kernel

FIXED = ["sharpen", "emboss", "outline", "scharr-x", "scharr-y", "prewitt-x", "prewitt-y", "laplacian"]
FIXED += ["laplacian8", "roberts-x", "roberts-y", "sobel-x", "sobel-y", "box", "binomial", "identity"]
SIZED = ["box:size=5", "box:size=4", "box:size=3x7", "box:size=1x5", "highpass:size=5", "sobel-x:size=5"]
SIZED += ["sobel-y:size=7", "binomial:size=5", "binomial:size=7"]
REAL = ["gaussian:sigma=1.5", "gaussian:sigma=2,size=9", "gaussian:sigma=0.8"]
REAL += ["gaussian:sigma-x=2,sigma-y=1", "gaussian:sigma-x=2,sigma-y=0", "gaussian:sigma-y=1.5,sigma-x=0"]
REAL += ["disk:radius=3.3", "motion:length=9,angle=30", "log:sigma=1.4", "dog:sigma=1,k=1.6"]
REAL += ["unsharp:sigma=2,amount=0.8", "gabor:sigma=3,theta=30,wavelength=7,gamma=0.5,psi=90"]

NEGATIVE = {"outline": "laplacian8", "laplacian8": "outline"}
"""Names whose negatives have names."""


def weights_of(spec):
    """Make the kernel of a name; one mask of a compass where a direction is behind it."""
    name, _, way = spec.partition(" (")
    return kernel(name).components[COMPASS.index(way[:-1]) if way else 0]


def rebuilt(known, shape):
    """Make the matrix that `known` says, placed in `shape`: slow, and by other means than the search."""
    plane = dict(TURNS).get(known.turn, lambda one: one)(weights_of(known.spec)) * known.scale
    large = tuple(max(a, b) + 40 for a, b in zip(shape, plane.shape, strict=True))
    whole = np.zeros(large)
    middle = [(side - 1) // 2 + 20 for side in shape]
    top, left = (middle[axis] + known.shift[axis] - (plane.shape[axis] - 1) // 2 for axis in (0, 1))
    for i in range(plane.shape[0]):
        for j in range(plane.shape[1]):
            whole[top + i, left + j] += plane[i, j]
    whole[middle[0] + known.shift[0], middle[1] + known.shift[1]] += known.identity
    return whole[20 : 20 + shape[0], 20 : 20 + shape[1]]


@pytest.mark.parametrize("spec", FIXED + SIZED + REAL)
@pytest.mark.parametrize("scale", [1.0, -0.37])
def test_a_named_kernel_is_found(spec, scale):
    weights = scale * weights_of(spec)
    known = recognise(weights)
    assert known is not None
    assert known.spec == (spec if scale > 0 else NEGATIVE.get(spec, spec))
    assert (known.turn, known.shift, known.identity) == ("", (0, 0), 0)
    assert abs(known.scale) == pytest.approx(abs(scale), rel=1e-3)
    assert known.cosine == pytest.approx(1, abs=1e-9)
    np.testing.assert_allclose(rebuilt(known, weights.shape), weights, atol=1e-4 * np.abs(weights).max())


@pytest.mark.parametrize("spec", ["gaussian:sigma=1.5", "gaussian:sigma=2", "disk:radius=3.3", "box:size=5"])
@pytest.mark.parametrize("seed", range(2))
def test_noise_costs_parameters_less_than_a_hundredth(spec, seed):
    weights = weights_of(spec)
    errors = np.full(weights.shape, 2e-3 * np.abs(weights).max())
    known = recognise(weights + np.random.default_rng(seed).normal(0, errors), errors)
    assert known is not None
    name, _, value = known.spec.partition("=")
    wanted, _, exact = spec.partition("=")
    assert name == wanted
    assert float(value) == pytest.approx(float(exact), rel=0.01)
    assert known.scale == pytest.approx(1, rel=0.01)


@given(
    st.sampled_from(["emboss", "sobel-x", "roberts-x", "laplacian", "sharpen", "kirsch (NE)"]),
    st.integers(0, 7),
    st.tuples(st.integers(-2, 2), st.integers(-2, 2)),
    st.floats(0.01, 100).flatmap(lambda size: st.sampled_from([size, -size])),
)
@settings(max_examples=60)
def test_turned_mirrored_moved_and_scaled(spec, turn, shift, scale):
    plane = scale * TURNS[turn][1](weights_of(spec))
    weights = np.zeros((9, 9))
    top, left = (4 - (plane.shape[axis] - 1) // 2 + shift[axis] for axis in (0, 1))
    weights[top : top + plane.shape[0], left : left + plane.shape[1]] = plane
    known = recognise(weights)
    assert known is not None
    np.testing.assert_allclose(rebuilt(known, weights.shape), weights, atol=1e-9 * abs(scale))


@pytest.mark.parametrize("move", [move for _, move in TURNS[1:]])
def test_what_was_done_is_said(move):
    lopsided = np.array([[3.0, -1, 4], [1, -5, 9], [2, 6, -5]])
    seen = {turn: np.asarray(done(lopsided)) for turn, done in TURNS}
    assert len({plane.tobytes() for plane in map(np.ascontiguousarray, seen.values())}) == 8
    known = recognise(move(weights_of("emboss")))
    assert known is not None
    again = dict(TURNS)[known.turn](weights_of(known.spec)) * known.scale
    np.testing.assert_allclose(again, move(weights_of("emboss")), atol=1e-12)
    assert (known.turn == "") == bool(known.scale > 0 and (again == weights_of("emboss")).all())


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        ("0 -1 0; -1 10 -1; 0 -1 0", "identity x 6.00 + laplacian x -1.00"),
        ("-2 -2 -2; -2 32 -2; -2 -2 -2", "identity x 16.00 + laplacian8 x -2.00"),
        ("1 1 1; 1 5 1; 1 1 1", "identity x 4.00 + box x 9.00"),
    ],
)
def test_sums_with_the_picture_itself(matrix, words):
    weights = kernel(matrix).components[0]
    known = recognise(weights)
    assert known is not None
    assert (known.product, known.turn, known.shift) == (words, "", (0, 0))
    assert known.cosine == pytest.approx(1)
    np.testing.assert_allclose(rebuilt(known, weights.shape), weights, atol=1e-12)


def test_a_blend_with_a_blur():
    weights = 0.4 * weights_of("gaussian:sigma=2")
    weights[8, 8] += 0.6
    known = recognise(weights)
    assert known is not None
    assert (known.spec, known.identity) == ("gaussian:sigma=2", pytest.approx(0.6))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("shape", [(3, 3), (5, 5), (7, 4)])
def test_nothing_is_found_in_noise(seed, shape):
    assert recognise(np.random.default_rng(seed).normal(size=shape)) is None


@pytest.mark.parametrize("weights", [np.zeros((3, 3)), np.array([[1.0, -1.0]]), np.full((3, 3), np.nan)])
def test_no_name(weights):
    assert recognise(weights) is None


@given(st.integers(0, 10**6), st.sampled_from(["laplacian", "box", "gaussian:sigma=0.8", "sobel-y"]))
@settings(max_examples=15)
def test_the_cosine_is_that_of_what_is_named(seed, spec):
    weights = weights_of(spec)
    weights = weights + np.random.default_rng(seed).normal(0, 0.03 * np.abs(weights).max(), weights.shape)
    known = recognise(weights)
    if known is None or known.identity or "unsharp" in known.spec:
        return
    named = rebuilt(known, weights.shape)
    if known.turn == "" or known.turn in dict(TURNS):
        cosine = float(np.sum(weights * named) / np.sqrt(np.sum(weights**2) * np.sum(named**2)))
        assert cosine > 0.999
        assert known.cosine == pytest.approx(cosine, abs=1e-3)


@pytest.mark.parametrize(("size", "sigma"), [(5, 1.1), (31, 5.0), (9, 2.0), (13, 2.0)])
def test_gaussians_of_opencv(size, sigma):
    line = cv2.getGaussianKernel(size, sigma)
    known = recognise(line @ line.T)
    assert known is not None
    assert known.spec == f"gaussian:sigma={sigma:g},size={size}"


def test_three_box_blurs_are_what_pillow_makes():
    impulse = np.zeros((31, 31), np.uint8)
    impulse[15, 15] = 255
    for sigma in (1.0, 1.4):
        made = np.asarray(Image.fromarray(impulse).filter(ImageFilter.GaussianBlur(sigma)), float) / 255
        ours = resized(box_blurs(sigma), (31, 31))
        np.testing.assert_allclose(ours, made, atol=1.6 / 255)
        offsets = np.arange(31) - 15
        assert np.sum(ours.sum(axis=0) * offsets**2) == pytest.approx(sigma**2)
    known = recognise(3 * box_blurs(2.0))
    assert known is not None
    assert (known.product, known.turn) == ("gaussian:sigma=2 x 3.00", "by three box blurs")
    assert known.cosine == pytest.approx(1, abs=5e-5)
