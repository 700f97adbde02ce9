"""Sizes of input and target: taken where they prove the kernel's, else settings that make them are named."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from convcli.engine.correlation.correlate import correlate
from convcli.engine.fitting.fit import Fit, fit_kernel
from convcli.engine.fitting.target_sizes import TargetSizeError
from convcli.errors import GeometryError
from convcli.parsing import parse_pair
from tests.engine.strategies import seeds


def shape_of(shape, size, stride, padding):
    """The size formula ``floor((n + p - k) / s) + 1`` with p of valid, same and full padding."""
    pad = {"valid": 0, "same": 1, "full": 2}[padding]
    return tuple((n + pad * (k - 1) - k) // s + 1 for n, k, s in zip(shape, size, stride, strict=True))


PAIRS = st.tuples(st.integers(1, 4), st.integers(1, 4))


@settings(max_examples=150)
@given(
    seed=seeds,
    shape=st.tuples(st.integers(6, 30), st.integers(6, 30)),
    size=PAIRS,
    stride=PAIRS,
    padding=st.sampled_from(["valid", "same", "full"]),
    given_size=st.sampled_from([None, (3, 3), (2, 5)]),
    pad=st.sampled_from(["auto", "auto", "valid", "reflect"]),
)
def test_settings_that_are_taken_or_named_make_the_size(seed, shape, size, stride, padding, given_size, pad):
    rng = np.random.default_rng(seed)
    target = rng.random(shape_of(shape, size, stride, padding))
    outcome = outcome_of(rng.random(shape), target, given_size or "auto", pad=pad)
    if isinstance(outcome, Fit):
        made = shape_of(shape, outcome.size, (1, 1), "valid" if outcome.pad == "valid" else "same")
        assert made == target.shape
        return
    if not isinstance(outcome, TargetSizeError):
        assert "too few" in outcome.message
        return
    named, makes, _ = outcome.hint.partition(" makes that size")
    for options in named.split(", or ") if makes else []:
        typed = dict(zip(options.split()[::2], options.split()[1::2], strict=True))
        taken = parse_pair(typed["--size"], "size") if "--size" in typed else given_size or (1, 1)
        steps = parse_pair(typed.get("--stride", "1"), "stride")
        named_pad = "valid" if typed.get("-p") == "valid" else "same"
        assert shape_of(shape, taken, steps, named_pad) == target.shape
    if padding == "same":
        assert makes, "a stride makes it"
    if padding == "full" and stride == (1, 1) and not makes:
        assert "swap" in outcome.hint


def outcome_of(*given, **options) -> Fit | GeometryError:
    try:
        return fit_kernel(*given, **options)
    except GeometryError as error:
        return error


@pytest.mark.parametrize("bias", [False, True])
def test_sizes_that_prove_valid_and_the_kernel_are_taken(bias, rng):
    image = rng.random((6, 8))
    fit = fit_kernel(image, correlate(image, [[1, -1]], pad="valid"), "auto", pad="auto", bias=bias)
    assert (fit.pad, fit.size) == ("valid", (1, 2))
    assert_allclose(fit.weights, [[1, -1]], atol=1e-12)


def test_of_several_sizes_with_a_stride_the_largest_holds_the_kernel(rng):
    """11 rows give 5 with stride 2 and no padding for 2 rows of a kernel or for 3: the last is then 0."""
    image, kernel = rng.random((11, 12)), rng.normal(size=(2, 3))
    target = correlate(image, kernel, stride=2, pad="valid")
    assert target.shape == (5, 5)
    fit = fit_kernel(image, target, "auto", pad="valid", stride=2)
    assert fit.size == (3, 4)
    assert_allclose(fit.weights, np.pad(kernel, ((0, 1), (0, 1))), atol=1e-11)


@pytest.mark.parametrize(
    ("before", "after", "options", "hint"),
    [
        # ceil(512 / 2) = 256, ceil(511 / 2) = 256, ceil(100 / 3) = 34
        ((512, 512), (256, 256), {}, "--stride 2 makes that size"),
        ((511, 511), (256, 256), {}, "--stride 2 makes that size"),
        ((511, 512), (256, 256), {}, "--stride 2 makes that size"),
        ((100, 100), (34, 34), {}, "--stride 3 makes that size"),
        ((100, 100), (34, 50), {}, "--stride 3x2 makes that size"),
        ((100, 100), (50, 100), {}, "--stride 2x1 makes that size"),
        ((100, 100), (25, 25), {"stride": 2}, "--stride 4 makes that size"),
        ((60, 60), (60, 60), {"stride": 2}, "--stride 1 makes that size"),
        # floor((511 - 3) / 2) + 1 = 255
        ((511, 511), (255, 255), {}, "-p valid --size 3x3 --stride 2 makes that size"),
        ((511, 511), (255, 255), {"size": 3}, "-p valid --size 3x3 --stride 2 makes that size"),
        ((511, 511), (255, 255), {"size": 2}, "-p valid --size 2x2 --stride 2 makes that size"),
        # 5 - 3 + 1 = 3, and ceil(5 / 2) = 3: the sizes alone do not tell which
        ((5, 5), (3, 3), {}, "--stride 2, or -p valid --size 3x3 makes that size"),
        ((6, 8), (6, 7), {"size": 3}, "-p valid --size 1x2 makes that size"),
        ((6, 8), (6, 7), {"pad": "zero"}, "-p valid --size 1x2 makes that size"),
        ((6, 8), (6, 8), {"size": 3, "pad": "valid"}, "-p auto makes that size"),
        ((60, 60), (20, 20), {}, "--stride 3 makes that size"),
        ((60, 60), (20, 20), {"size": 43}, "--stride 3 makes that size"),
        (
            (100, 100),
            (60, 60),
            {},
            "-p valid --size 41x41 makes that size; if the target was cropped, crop",
        ),
        ((60, 80), (80, 60), {}, "one of the two is turned: rotate it by 90 degrees"),
        ((60, 60), (120, 120), {}, "swap input and target, if they are in the wrong order"),
        ((512, 512), (300, 400), {}, "no filter resizes or crops"),
    ],
)
def test_what_makes_the_size_is_named(before, after, options, hint, rng):
    options = {"size": "auto", "pad": "auto", **options}
    with pytest.raises(TargetSizeError) as caught:
        fit_kernel(rng.random(before), rng.random(after), **options)
    assert caught.value.hint.startswith(hint)
    size = "a filter" if options["size"] == "auto" else f"a {options['size']}x{options['size']} kernel"
    assert caught.value.message.startswith(f"target is {after[0]}x{after[1]}, but {size}")


def test_pairs_that_need_different_kernels(rng):
    befores, afters = [rng.random((9, 9))] * 2, [rng.random((9, 8)), rng.random((8, 9))]
    with pytest.raises(TargetSizeError, match="target 1 is 9x8, but a filter makes 9x9") as caught:
        fit_kernel(befores, afters, "auto", pad="auto")
    assert caught.value.hint == "no single kernel makes all targets: learn these pairs apart"


def test_small_pictures_have_borders_too(rng):
    """Of 5x5 pixels, 9 windows of 3x3 read no padding: too few for 9 weights and a bias."""
    image, kernel = rng.random((5, 5)), rng.normal(size=(3, 3))
    for pad in ("reflect", "wrap", "zero", "replicate"):
        fit = fit_kernel(image, correlate(image, kernel, pad=pad), 3, pad="auto")
        assert fit.pad == pad
        assert_allclose(fit.weights, kernel, atol=1e-9)
        best = {trial.mode for trial in fit.borders if trial.best}
        assert best == ({"replicate", "symmetric"} if pad == "replicate" else {pad})
        for trial in fit.borders:
            own = fit_kernel(image, correlate(image, kernel, pad=pad), 3, pad=trial.mode)
            assert trial.rms == pytest.approx(own.rmse, abs=1e-12)


def test_too_few_values_say_what_would_be_enough(rng):
    image = rng.random((5, 5))
    with pytest.raises(GeometryError, match="9 values are too few for 9 weights and a bias") as caught:
        fit_kernel(image, image[1:-1, 1:-1], 3, pad="valid")
    assert caught.value.hint.endswith("at least 10 values, or --no-bias")
    fit = fit_kernel(image, image[1:-1, 1:-1], 3, pad="valid", bias=False)
    assert_allclose(fit.weights, [[0, 0, 0], [0, 1, 0], [0, 0, 0]], atol=1e-9)
