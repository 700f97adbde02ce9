"""What is said of a kernel, against definitions written as loops and against NumPy's FFT."""

import cmath
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.testing import assert_allclose

from convcli.choices import Combine
from convcli.kernels import library
from convcli.kernels.analysis import (
    Character,
    Parity,
    character,
    frequency_response,
    gain,
    joint_response,
    rank,
    symmetry,
)
from convcli.kernels.spec import kernel

SMALL = hnp.arrays(
    np.float64, hnp.array_shapes(min_dims=2, max_dims=2, max_side=6), elements=st.integers(-9, 9).map(float)
)


def weights(spec: str) -> np.ndarray:
    return kernel(spec).components[0]


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("gaussian:sigma=3", 1),
        ("box:size=7x3", 1),
        ("sobel-x:size=7", 1),
        ("gabor", 1),
        ("gabor:theta=45,gamma=1", 2),  # cos(a + b) = cos a cos b - sin a sin b
        ("laplacian", 2),
        ("sharpen", 2),
        ("outline", 2),
        ("unsharp", 2),
        ("dog", 2),
        ("log", 3),
        ("emboss", 3),
        ("roberts-x", 2),
        ("0 0; 0 0", 0),
        ("1e-300 2e-300", 1),
        ("1.5e308 1e308; -1.5e308 1e308", 2),
    ],
)
def test_rank(spec, expected):
    assert rank(weights(spec)) == expected


@given(SMALL)
def test_rank_is_the_one_of_linear_algebra(matrix):
    assert rank(matrix) == np.linalg.matrix_rank(matrix)


def test_rank_survives_float32():
    assert rank(weights("gaussian:sigma=3").astype(np.float32).astype(float)) == 1


def test_rank_of_channels_is_the_highest():
    assert rank(np.stack([weights("box"), weights("emboss"), np.zeros((3, 3))])) == 3


@given(SMALL)
def test_rank_of_any_matrix(matrix):
    assert rank(matrix) == np.linalg.matrix_rank(matrix)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("box", "symmetric under every mirror and quarter turn"),
        ("disk", "symmetric under every mirror and quarter turn"),
        ("box:size=3x5", "symmetric left to right, top to bottom and under half a turn"),
        ("sobel-x", "symmetric top to bottom; antisymmetric left to right and under half a turn"),
        ("sobel-y", "symmetric left to right; antisymmetric top to bottom and under half a turn"),
        ("emboss", "symmetric across the diagonal"),
        ("roberts-x", "symmetric across the diagonal; antisymmetric under half a turn"),
        ("roberts-y", "antisymmetric under half a turn and across the diagonal"),
        ("motion:length=7,angle=30", "symmetric under half a turn"),
        ("motion:length=7,angle=45", "symmetric under half a turn and across the diagonal"),
        ("1 2; -2 -1", "antisymmetric under half a turn"),
        ("0 1 0; -1 0 -1; 0 1 0", "symmetric left to right, top to bottom and under half a turn; "
         "antisymmetric across the diagonal and under a quarter turn"),
        ("0 1 2; 2 0 1; 1 2 0", "no symmetry"),
        ("1.7e308 -1.7e308", "symmetric top to bottom; antisymmetric left to right and under half a turn"),
    ],
)  # fmt: skip
def test_symmetry_in_words(spec, words):
    assert str(symmetry(weights(spec))) == words


MOVES = {
    "sideways": np.fliplr,
    "upright": np.flipud,
    "half_turn": lambda a: np.rot90(a, 2),
    "transpose": np.transpose,
    "quarter_turn": np.rot90,
}


@pytest.mark.parametrize("name", MOVES)
@given(SMALL)
def test_each_parity_is_its_definition(name, matrix):
    for each in (matrix, matrix[:1, :1], matrix[:1] + matrix[:1, ::-1], matrix - matrix[::-1, ::-1]):
        moved = MOVES[name](each)
        same, opposite = np.array_equal(moved, each), np.array_equal(moved, -each)
        expected = Parity.EVEN if same else Parity.ODD if opposite else Parity.NONE
        assert getattr(symmetry(each), name) is expected


def test_symmetry_of_channels_holds_for_all():
    mixed = np.stack([weights("sobel-x"), weights("sobel-y")])
    assert symmetry(mixed).sideways is Parity.NONE
    assert symmetry(mixed).half_turn is Parity.ODD


@pytest.mark.parametrize(
    ("spec", "expected"), [("sharpen", 1), ("2 3; 4 -1", 8), ("0.1 0.2 -0.3", 0), ("0", 0)]
)
def test_gain(spec, expected):
    assert gain(weights(spec)) == expected


def test_gain_sums_over_channels():
    assert gain(np.ones((3, 2, 2))) == 12


@given(SMALL, st.integers(1, 8), st.integers(1, 8))
def test_response_is_its_sum(matrix, rows, columns):
    found = frequency_response(matrix, (rows, columns))
    assert found.shape == (rows, columns)
    a, b = (matrix.shape[0] - 1) // 2, (matrix.shape[1] - 1) // 2
    for m in range(rows):
        for n in range(columns):
            u, v = (m - rows // 2) / rows, (n - columns // 2) / columns
            wanted = sum(
                matrix[i, j] * cmath.exp(-2j * math.pi * (u * (i - a) + v * (j - b)))
                for i in range(matrix.shape[0])
                for j in range(matrix.shape[1])
            )
            assert found[m, n] == pytest.approx(wanted, abs=1e-9)


@pytest.mark.parametrize("spec", ["gaussian", "sobel-x", "emboss", "box:size=2", "kirsch"])
def test_response_is_numpys(spec):
    plane = np.zeros((64, 64))
    rows, columns = weights(spec).shape
    plane[:rows, :columns] = weights(spec)
    anchored = np.roll(plane, (-((rows - 1) // 2), -((columns - 1) // 2)), (0, 1))
    assert_allclose(frequency_response(weights(spec)), np.fft.fftshift(np.fft.fft2(anchored)), atol=1e-12)


def test_response_of_channels_is_that_of_grey():
    assert_allclose(
        frequency_response(np.stack([weights("box"), weights("sharpen")])),
        frequency_response(weights("box") + weights("sharpen")),
    )


CHARACTERS = {
    Character.ALL_PASS: ["identity", "0 0 1", "-3"],
    Character.LOW_PASS: ["box", "box:size=2", "gaussian", "gaussian:sigma=0.5", "binomial", "disk", "motion"],
    Character.HIGH_BOOST: ["sharpen", "unsharp", "emboss"],
    Character.HIGH_PASS: ["outline", "highpass", "laplacian", "laplacian8"],
    Character.BAND_PASS: ["log", "dog", "gabor", "gabor:psi=0", "log:sigma=3"],
    Character.DERIVATIVE: [
        *("sobel", "sobel-x", "sobel-y", "sobel:size=7", "scharr", "scharr-x", "scharr-y"),
        *("prewitt", "prewitt-x", "prewitt-y", "roberts", "roberts-x", "roberts-y", "kirsch", "robinson"),
    ],
    Character.ZERO: ["0 0; 0 0"],
}


@pytest.mark.parametrize(
    ("spec", "expected"), [(spec, kind) for kind, specs in CHARACTERS.items() for spec in specs]
)
def test_character(spec, expected):
    for part in kernel(spec).components:
        for scale in (1, -1, 1e-200, 1e200):
            assert character(part * scale) is expected, scale


def test_every_kernel_and_character_is_covered():
    assert set(CHARACTERS) == set(Character)
    assert set(library.names()) <= {spec for specs in CHARACTERS.values() for spec in specs}


def test_character_of_channels_is_that_of_grey():
    assert character(np.stack([weights("box")] * 3)) is Character.LOW_PASS
    assert character(np.stack([weights("box"), -weights("box")])) is Character.ZERO


def test_joint_response():
    rng = np.random.default_rng(4)
    parts = [rng.normal(size=(3, 3)), rng.normal(size=(2, 5))]
    one, other = (np.abs(frequency_response(part, (8, 9))) for part in parts)
    assert_allclose(joint_response(parts, Combine.MAGNITUDE, (8, 9)), np.hypot(one, other))
    assert_allclose(joint_response(parts, Combine.MAX, (8, 9)), np.maximum(one, other))
    whole = np.zeros((3, 5))
    whole[:, 1:4] += parts[0]
    whole[1:3] += parts[1]
    assert_allclose(
        joint_response(parts, Combine.SUM, 8),
        np.abs(frequency_response(whole, 8)),
        atol=1e-12,
    )
