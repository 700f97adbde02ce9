"""Which results see the border: those that differ from the results of a larger picture."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from convcli.choices import PadMode
from convcli.errors import GeometryError
from convcli.stacks.paddings.affected_border import (
    affected,
    has_border,
    needed,
    switched,
    total_stride,
    unpadded,
)
from convcli.stacks.trace import run
from tests.stacks.helpers import stack_of

FULL, OFFSET = 88, 32


@st.composite
def layers(draw):
    """Up to three layers that lose no difference: positive weights, means, and enlargements."""
    made = []
    for _ in range(draw(st.integers(1, 3))):
        kind = draw(st.sampled_from(("conv", "conv", "pool", "upsample")))
        if kind == "conv":
            rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 4))
            weights = np.random.default_rng(draw(st.integers(0, 99))).uniform(0.1, 1, (1, 1, rows, columns))
            padding = draw(st.sampled_from((0, 1, 2, [0, 1, 2, 0], "same")))
            made.append({"type": "conv", "weights": weights, "padding": padding})
            made[-1]["stride"] = [draw(st.integers(1, 2)), draw(st.integers(1, 2))]
            made[-1]["dilation"] = draw(st.integers(1, 2))
        elif kind == "pool":
            made.append({"type": "pool", "mode": "avg", "size": draw(st.integers(2, 3))})
            made[-1] |= {"padding": draw(st.integers(0, 1)), "ceil": draw(st.booleans())}
            made[-1]["stride"] = draw(st.integers(1, 2))
        else:
            made.append({"type": "upsample", "mode": draw(st.sampled_from(("nearest", "bilinear")))})
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stacks")


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
@given(layers=layers(), size=st.tuples(st.integers(17, 26), st.integers(17, 26)))
def test_a_larger_picture_agrees_but_for_the_border(folder, layers, size) -> None:
    stack = stack_of(folder, *layers)
    whole = np.random.default_rng(3).uniform(1, 2, (1, FULL, FULL))
    x = whole[:, OFFSET : OFFSET + size[0], OFFSET : OFFSET + size[1]]
    made, around = run(stack, x)[0], run(stack, whole)[0]
    height, width = made.shape[1:]
    at = [round(OFFSET / stride) for stride in total_stride(stack)]
    truth = around[:, at[0] : at[0] + height, at[1] : at[1] + width]
    ranges = needed(stack, size)
    cut = tuple(slice(OFFSET + first, OFFSET + last + 1) for first, last in ranges)
    assert_allclose(unpadded(stack, whole[:, cut[0], cut[1]], size), truth, rtol=1e-12)
    differs = (np.abs(made - truth) > 1e-9)[0]
    band = affected(stack, size)
    mask = band.mask((height, width))
    assert not differs[~mask].any()
    # And no row or column is called affected that is not.
    inside = [differs[band.top : height - band.bottom], differs[:, band.left : width - band.right]]
    for deep, line in (
        (band.top, differs[band.top - 1 : band.top, band.left : width - band.right]),
        (
            band.bottom,
            differs[height - band.bottom : height - band.bottom + 1, band.left : width - band.right],
        ),
        (band.left, differs[band.top : height - band.bottom, band.left - 1 : band.left]),
        (band.right, differs[band.top : height - band.bottom, width - band.right : width - band.right + 1]),
    ):
        if deep and all(part.size for part in inside) and line.size:
            assert line.any()
    assert has_border(stack) or not any(band)


def test_only_convolutions_are_switched(folder) -> None:
    stack = stack_of(
        folder,
        {"type": "conv", "kernel": "box:size=3", "padding": 1, "pad": "wrap"},
        {"type": "conv", "kernel": "box:size=3", "pad": "valid"},
        {"type": "pool", "size": 2, "padding": 1, "pad": "reflect"},
    )
    first, second, pool = switched(stack, PadMode.CONSTANT, 3.0).layers
    window = first.window
    assert (window.mode, window.constant, window.padding) == ("constant", 3.0, ((1, 1), (1, 1)))
    assert second.window.mode == "valid"
    assert pool.pooling.window.mode == "reflect"
    assert switched(stack, PadMode.ZERO, 3.0).layers[0].window.constant == 0


def test_what_sees_everything_has_no_border(folder) -> None:
    stack = stack_of(folder, {"type": "relu"}, {"type": "pool", "global": True})
    with pytest.raises(GeometryError, match=r"layer 2 \(pool 'pool1'\) sees the whole picture"):
        affected(stack, (8, 8))


def test_strides_and_upsampling_multiply(folder) -> None:
    stack = stack_of(
        folder,
        {"type": "conv", "kernel": "box:size=3", "stride": [2, 1]},
        {"type": "pool", "size": 3},
        {"type": "upsample", "factor": 2},
    )
    assert total_stride(stack) == (3.0, 1.5)
