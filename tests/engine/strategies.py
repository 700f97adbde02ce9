"""What Hypothesis draws pictures, kernels and windows from."""

import numpy as np
from hypothesis import strategies as st

KINDS = ("float64", "float32", "float16", "uint8", "int16", "uint16", "int32", "bool", ">f4")

seeds = st.integers(0, 2**32 - 1)


@st.composite
def images(draw, max_side=24, kinds=KINDS):
    """H x W or H x W x C, of any type and memory layout."""
    shape = draw(st.tuples(st.integers(1, max_side), st.integers(1, max_side)))
    channels = draw(st.sampled_from((None, None, 1, 2, 3, 4)))
    if channels:
        shape = (*shape, channels)
    kind = np.dtype(draw(st.sampled_from(kinds)))
    rng = np.random.default_rng(draw(seeds))
    if kind.kind in "iu":
        info = np.iinfo(kind)
        values = rng.integers(max(info.min, -(2**20)), min(info.max, 2**20), shape, endpoint=True)
    else:
        values = rng.normal(0, 50, shape) if kind.kind == "f" else rng.random(shape) < 0.5
    return draw(layouts(values.astype(kind)))


@st.composite
def layouts(draw, image):
    """The same numbers, laid out differently in memory."""
    how = draw(st.sampled_from(("plain", "plain", "columns first", "backwards", "every second")))
    if how == "columns first":
        return np.asfortranarray(image)
    if how == "backwards":
        return image[::-1, ::-1].copy()[::-1, ::-1]
    if how == "every second":
        wide = np.zeros((image.shape[0], 2 * image.shape[1], *image.shape[2:]), image.dtype)
        wide[:, ::2] = image
        return wide[:, ::2]
    return image


@st.composite
def kernels(draw, max_side=7):
    """Dense, whole, sparse, symmetric, of rank 1 and 2, flat and all zero; even and odd sizes."""
    shape = draw(st.tuples(st.integers(1, max_side), st.integers(1, max_side)))
    rng = np.random.default_rng(draw(seeds))
    weights = rng.normal(0, 1, shape)
    match draw(st.sampled_from(("dense", "whole", "sparse", "mirrored", "one", "two", "box", "zero"))):
        case "whole":
            return rng.integers(-3, 4, shape).astype(float)
        case "sparse":
            return weights * (rng.random(shape) < 0.3)
        case "mirrored":
            return weights + weights[:, ::-1]
        case "one":
            return np.outer(weights[:, 0], weights[0])
        case "two":
            return np.outer(weights[:, 0], weights[0]) + np.outer(weights[:, -1], weights[-1])
        case "box":
            return np.full(shape, 1 / weights.size)
        case "zero":
            return np.zeros(shape)
    return weights


strides = st.tuples(st.integers(1, 4), st.integers(1, 4))
dilations = st.tuples(st.integers(1, 3), st.integers(1, 3))
side = st.tuples(st.integers(0, 9), st.integers(0, 9))
paddings = st.one_of(st.sampled_from(("same", "full", "valid")), st.tuples(side, side))
