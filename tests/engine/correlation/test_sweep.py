import numpy as np
import pytest

from convcli.engine.correlation.sweep import saturate
from tests import oracle

KINDS = ["uint8", "int8", "uint16", "int16", "uint32", "int32", "int64", "uint64"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("floats", ["float32", "float64"])
def test_saturate_near_every_limit(kind, floats):
    limits = np.iinfo(kind)
    near = [at + step for at in (limits.min, 0, limits.max) for step in (-1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2.5)]
    values = np.array([*near, -1e30, 1e30, -np.inf, np.inf], floats)
    values = np.concatenate([values, np.nextafter(values, np.inf), np.nextafter(values, -np.inf)])
    finite = np.isfinite(values)
    into = np.zeros(values.shape, kind)
    saturate(values.copy(), into)
    np.testing.assert_array_equal(into[finite], oracle.saturate(values[finite], kind))
    assert (into[values == np.inf] == limits.max).all()
    assert (into[values == -np.inf] == limits.min).all()


def test_nan_is_nothing():
    into = np.full(2, 7, np.int16)
    saturate(np.array([np.nan, 3.0]), into)
    assert into.tolist() == [0, 3]


def test_floats_only_change_their_type():
    into = np.zeros(3, np.float32)
    with np.errstate(over="ignore"):
        saturate(np.array([0.5, -0.25, 1e300]), into)
    assert into.tolist() == [0.5, -0.25, np.inf]
