"""CIE L*a*b* colours, relative to the white D50, as sRGB."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from convcli.imaging.transfer_curve import encode

__all__ = ["lab_to_srgb"]

# X, Y, Z of the white D50 (ICC.1:2022, 7.2.16).
_WHITE = np.array([0.9642, 1.0, 0.8249])
# Linear sRGB of XYZ relative to D50: Bradford's adaptation to D65, then IEC 61966-2-1 (Lindbloom).
_LINEAR = np.array(
    [
        [3.1338561, -1.6168667, -0.4906146],
        [-0.9787684, 1.9161415, 0.0334540],
        [0.0719453, -0.2289914, 1.4052427],
    ]
)


def lab_to_srgb(lab: NDArray[Any]) -> NDArray[Any]:
    """Return (H, W, 3) values L* (0 to 100), a*, b* as sRGB from 0 to 1; colours outside of it are clipped.

    ``X = Xn g(fy + a / 500), Y = Yn g(fy), Z = Zn g(fy - b / 200)`` with ``fy = (L + 16) / 116`` and
    ``g(t) = t^3`` where ``t > 6/29``, else ``3 (6/29)^2 (t - 4/29)``.

    References
    ----------
    CIE 15:2018, 8.2.1.
    """
    middle = (lab[..., 0] + 16.0) / 116.0
    ratios = np.stack([middle + lab[..., 1] / 500.0, middle, middle - lab[..., 2] / 200.0], axis=-1)
    linear = np.where(ratios > 6 / 29, ratios**3, 3 * (6 / 29) ** 2 * (ratios - 4 / 29)) * _WHITE @ _LINEAR.T
    return encode(np.clip(linear, 0.0, 1.0))
