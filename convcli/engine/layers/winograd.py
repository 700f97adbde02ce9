"""Two output rows of a three-row kernel for the price of four products instead of six.

For input rows ``d0 .. d3`` and kernel rows ``g0 g1 g2``,

    m0 = (d0 - d2) g0                  m1 = (d1 + d2) (g0 + g1 + g2) / 2
    m3 = (d1 - d3) g2                  m2 = (d2 - d1) (g0 - g1 + g2) / 2
    y0 = m0 + m1 + m2                  y1 = m1 - m2 - m3

where each product is a matrix product over channels and kernel columns. Halves are exact in binary: whole
numbers stay whole, and the rounding error grows by less than 2.

References
----------
Winograd, Arithmetic complexity of computations, 1980, F(2, 3); Lavin and Gray, Fast algorithms for
convolutional neural networks, 2016.
"""

from collections.abc import Sequence

import numpy as np

from convcli.engine.arrays import Array
from convcli.engine.threads import Scratch

__all__ = ["CHANNELS", "multiply", "transform"]

CHANNELS = 64
"""Channels in and out from which on the products saved outweigh the sums added."""


def transform(weights: Array) -> Array:
    """Return groups x O x C x 3 x kw weights as groups x 4 x O x (kw * C), for the four products."""
    g0, g1, g2 = (weights[:, :, :, row].transpose(0, 1, 3, 2) for row in range(3))
    outer = (g0 + g2) / 2
    four = np.stack([g0, outer + g1 / 2, outer - g1 / 2, g2], axis=1)
    return four.reshape(*four.shape[:3], -1)


def multiply(
    weights: Array,
    lines: Array,
    shifts: Sequence[slice],
    shift: Array,
    into: Array,
    scratch: Scratch,
) -> bool:
    """Compute an even number of output rows; return False where they are not finite, so not to be trusted.

    Parameters
    ----------
    weights : (4, O, kw * C) array
        As :func:`transform` gives them, of one group.
    lines : (R + 2, C, W) array
        The padded rows that R output rows look at.
    shifts : sequence of slice
        The columns of `lines` under each kernel column.
    shift : (O, 1) array
        Added to each output.
    into : (R, O, W') array
        Receives the result.
    """
    count, outputs, width = into.shape
    depth = lines.shape[1]
    sums = scratch("transformed", (4, len(shifts), depth, width), into.dtype)
    products = scratch("products", (4, outputs, width), into.dtype)
    for pair in range(count // 2):
        for j, columns in enumerate(shifts):
            a, b, c, d = lines[2 * pair : 2 * pair + 4, :, columns]
            np.subtract(a, c, out=sums[0, j])
            np.add(b, c, out=sums[1, j])
            np.subtract(c, b, out=sums[2, j])
            np.subtract(b, d, out=sums[3, j])
        np.matmul(weights, sums.reshape(4, -1, width), out=products)
        m0, m1, m2, m3 = products
        m1 += shift
        m0 += m1
        m1 -= m2
        np.add(m0, m2, out=into[2 * pair])
        np.subtract(m1, m3, out=into[2 * pair + 1])
        two = into[2 * pair : 2 * pair + 2]
        if not (np.isfinite(two.max()) and np.isfinite(two.min())):
            return False
    return True
