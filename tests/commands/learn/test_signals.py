"""`convcli learn` on signals: what np.convolve gives."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from tests.program import Convcli

SIGNAL = np.random.default_rng(8).normal(size=60)
WEIGHTS = [1.0, -2, 0.5]


def learnt(convcli: Convcli, *args: object) -> dict[str, object]:
    ran = convcli("learn", "x.npy", "y.npy", "--convolve", "--json", *args)
    assert ran.status == 0, ran.err
    return dict(json.loads(ran.out))


@pytest.mark.parametrize("size", [[], ["--size", "3"], ["--size", "1x3"]])
@pytest.mark.parametrize(("mode", "pad"), [("same", "zero"), ("valid", "valid")])
def test_numpys_kernel_is_found(convcli: Convcli, mode: str, pad: str, size: list[str]) -> None:
    np.save("x.npy", SIGNAL)
    np.save("y.npy", np.convolve(SIGNAL, WEIGHTS, mode))
    found = learnt(convcli, *size)
    assert_allclose(found["kernel"], [WEIGHTS], atol=1e-9)
    assert (found["pad"], found["size"]) == (pad, [1, 3])


def test_sizes_of_one_row_are_searched(convcli: Convcli) -> None:
    np.save("x.npy", SIGNAL)
    np.save("y.npy", np.convolve(SIGNAL, [1, 2, 3, 4, 5], "same"))
    found = learnt(convcli)
    assert found["size"] == [1, 5]
    assert [trial["size"] for trial in found["sizes"]][:3] == [[1, 1], [1, 3], [1, 5]]


def test_a_longer_target_is_refused(convcli: Convcli) -> None:
    np.save("x.npy", SIGNAL)
    np.save("y.npy", np.convolve(SIGNAL, WEIGHTS))
    ran = convcli("learn", "x.npy", "y.npy", "--size", "3")
    ran.check_refusal(1, "target is 1x62, but a 1x3 kernel makes 1x60", "swap input and target")
