"""The cases that the ONNX standard brings for its own operators, through `conv2d` and `pool2d`.

Taken are those with two spatial axes and one output. What the standard names differently is put into our
words here; the arithmetic of its ``auto_pad`` is the standard's.
"""

from importlib import import_module
from typing import Any

import numpy as np
import pytest

from convcli import conv2d, pool2d

onnx = pytest.importorskip("onnx")

OPERATORS = ("Conv", "MaxPool", "AveragePool", "LpPool", "GlobalAveragePool", "GlobalMaxPool")
MODES = {
    "MaxPool": "max",
    "GlobalMaxPool": "max",
    "AveragePool": "avg",
    "GlobalAveragePool": "avg",
    "LpPool": "lp",
}
FOUR_DIGITS = {"test_averagepool_2d_ceil_last_window_starts_on_pad"}
"""Written down with four digits behind the point, the four pixels as well as their sum over 9."""


def collected() -> list[Any]:
    """Return the cases of our operators; importing an operator's module makes them.

    Those with three spatial axes are not taken, and are left uncomputed: the standard's loop over all their
    windows would take longer than the tests.
    """
    common = import_module("onnx.reference.ops.op_pool_common")
    pool = common.pool

    def pool_of_pictures(padded: np.ndarray, *rest: Any, **options: Any) -> np.ndarray:
        return padded if padded.ndim > 4 else pool(padded, *rest, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(common, "pool", pool_of_pictures)
        for operator in OPERATORS:
            import_module(f"onnx.backend.test.case.node.{operator.lower()}")
    every = import_module("onnx.backend.test.case.node")._NodeTestCases
    found = []
    for case in every:
        nodes = case.model.graph.node
        inputs, outputs = case.data_sets[0]
        plain = len(nodes) == 1 and nodes[0].op_type in OPERATORS
        if plain and inputs[0].ndim == 4 and len(outputs) == 1:
            found.append(case)
    return found


CASES = collected()


def test_none_is_lost() -> None:
    assert len(CASES) >= 41
    assert len({case.name for case in CASES}) == len(CASES)
    assert {case.model.graph.node[0].op_type for case in CASES} == set(OPERATORS)


def edges(
    attributes: dict[str, Any], size: tuple[int, ...], kernel: tuple[int, ...]
) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return the padding, ``((top, bottom), (left, right))``, as the standard computes it."""
    how = attributes.get("auto_pad", b"NOTSET").decode()
    if how == "VALID":
        return ((0, 0), (0, 0))
    if how == "NOTSET":
        top, left, bottom, right = attributes.get("pads", [0, 0, 0, 0])
        return ((top, bottom), (left, right))
    strides, dilations = attributes.get("strides", [1, 1]), attributes.get("dilations", [1, 1])
    sides = []
    for n, k, s, d in zip(size, kernel, strides, dilations, strict=True):
        results = -(-n // s)
        together = max(0, (results - 1) * s + d * (k - 1) + 1 - n)
        small, large = together // 2, together - together // 2
        sides.append((small, large) if how == "SAME_UPPER" else (large, small))
    return (sides[0], sides[1])


def computed(operator: str, attributes: dict[str, Any], inputs: list[np.ndarray]) -> np.ndarray:
    """Return what our functions make of a node."""
    known = {"auto_pad", "pads", "strides", "dilations", "kernel_shape", "group", "ceil_mode", "p"}
    known |= {"count_include_pad", "storage_order"}  # the order concerns the second output alone
    assert set(attributes) <= known
    x = inputs[0]
    if operator.startswith("Global"):
        return pool2d(x, x.shape[2:], mode=MODES[operator])
    kernel = tuple(attributes.get("kernel_shape", inputs[1].shape[2:] if operator == "Conv" else ()))
    window = {
        "stride": attributes.get("strides", [1, 1]),  # not the size, as ours is
        "dilation": attributes.get("dilations", [1, 1]),
        "padding": edges(attributes, x.shape[2:], kernel),
    }
    if operator == "Conv":
        return conv2d(*inputs, groups=attributes.get("group", 1), **window)
    return pool2d(
        x,
        kernel,
        mode=MODES[operator],
        ceil=bool(attributes.get("ceil_mode", 0)),
        count_include_pad=operator != "AveragePool" or bool(attributes.get("count_include_pad", 0)),
        p=attributes.get("p", 2),
        **window,
    )


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_as_the_standard_says(case: Any) -> None:
    (node,) = case.model.graph.node
    attributes = {a.name: onnx.helper.get_attribute_value(a) for a in node.attribute}
    for inputs, (expected,) in case.data_sets:
        result = computed(node.op_type, attributes, inputs)
        assert result.shape == expected.shape
        assert result.dtype == expected.dtype
        atol = 0.5e-4 * (1 + 4 / 9) if case.name in FOUR_DIGITS else 1e-6
        np.testing.assert_allclose(result, expected, rtol=1e-5, atol=atol)
