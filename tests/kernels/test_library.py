"""Every named kernel against published weights, or another implementation."""

import subprocess
import sys
from collections.abc import Callable

import cv2
import numpy as np
import pytest
import scipy.ndimage as ndi
import skimage.filters
from numpy.testing import assert_allclose
from scipy.integrate import quad

from convcli.choices import Combine
from convcli.errors import KernelError
from convcli.kernels import library
from convcli.kernels.spec import kernel


def delta(rows: int, columns: int | None = None) -> np.ndarray:
    image = np.zeros((rows, columns or rows))
    image[rows // 2, (columns or rows) // 2] = 1
    return image


def weights_of(response: np.ndarray) -> np.ndarray:
    """The kernel whose correlation with a delta gave `response`, its border of zeros cut off."""
    rows, columns = (np.flatnonzero(np.abs(response).max(axis=axis) > 0) for axis in (1, 0))
    up, across = (
        max(abs(used - side // 2)) for used, side in zip((rows, columns), response.shape, strict=True)
    )
    middle = [side // 2 for side in response.shape]
    cut = response[middle[0] - up : middle[0] + up + 1, middle[1] - across : middle[1] + across + 1]
    return cut[::-1, ::-1]


def opencv_derivative(dx: int, dy: int, size: int) -> np.ndarray:
    across, down = cv2.getDerivKernels(dx, dy, size, ktype=cv2.CV_64F)
    return down @ across.T


def gaussian(sigma: float, side: int, **how: float) -> np.ndarray:
    return ndi.gaussian_filter(delta(side), sigma, mode="constant", **how)


def log(sigma: float, side: int) -> np.ndarray:
    # SciPy sums the second derivatives; MATLAB's fspecial('log') then makes the sum 0
    sampled = ndi.gaussian_laplace(delta(side), sigma, mode="constant", radius=side // 2)
    return sampled - sampled.mean()


def dog(sigma: float, k: float, side: int) -> np.ndarray:
    return gaussian(sigma, side, radius=side // 2) - gaussian(k * sigma, side, radius=side // 2)


def disk(radius: float) -> np.ndarray:
    """Numerical integration of the chord's part within each pixel."""
    reach = int(np.ceil(radius - 0.5))

    def area(row: int, column: int) -> float:
        def covered(x: float) -> float:
            chord = np.sqrt(max(radius**2 - x**2, 0))
            return max(0.0, min(row + 0.5, chord) - max(row - 0.5, -chord))

        corners = [
            s * np.sqrt(radius**2 - e**2) for e in (row - 0.5, row + 0.5) if abs(e) < radius for s in (-1, 1)
        ]
        left, right = column - 0.5, column + 0.5
        kinks = [x for x in (*corners, -radius, radius) if left < x < right]
        return quad(covered, left, right, points=kinks or None)[0]

    side = range(-reach, reach + 1)
    areas = np.array([[area(row, column) for column in side] for row in side])
    assert_allclose(areas.sum(), np.pi * radius**2, rtol=1e-7)
    return areas / areas.sum()


def compass(ring: list[int], centre: int = 0) -> list[np.ndarray]:
    """Eight turns by 45 degrees, counter-clockwise, of the ring that begins at the top left, clockwise."""
    places = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    turned = []
    for turn in range(8):
        mask = np.full((3, 3), float(centre))
        for place, (row, column) in enumerate(places):
            mask[row, column] = ring[(place + turn) % 8]
        turned.append(mask)
    return turned


def unsharp(sigma: float, amount: float, side: int) -> np.ndarray:
    return skimage.filters.unsharp_mask(delta(side), radius=sigma, amount=amount, preserve_range=True)


BOX = weights_of(cv2.blur(delta(7), (3, 3), borderType=cv2.BORDER_CONSTANT))

# What each name must be without parameters. A kernel that is missing here fails its test.
ORACLES: dict[str, Callable[[], list[np.ndarray]]] = {
    "identity": lambda: [np.array([[0, 0, 0], [0, 1, 0], [0, 0, 0]])],
    "box": lambda: [BOX],
    "gaussian": lambda: [weights_of(gaussian(1, 21, truncate=4))],
    "binomial": lambda: [np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16],  # Burt and Adelson 1983
    "disk": lambda: [disk(5)],
    "motion": lambda: [np.full((1, 9), 1 / 9)],  # MATLAB: "horizontal motion of nine pixels"
    "sharpen": lambda: [np.array([[0, -1, 0], [-1, 5, -1], [0, -1, 0]])],  # Powell 2015
    "unsharp": lambda: [weights_of(unsharp(1, 1, 21))],
    "emboss": lambda: [np.array([[-2, -1, 0], [-1, 1, 1], [0, 1, 2]])],  # Powell 2015
    "outline": lambda: [9 * delta(3) - 1],  # Powell 2015; Pillow's FIND_EDGES
    "highpass": lambda: [delta(3) - BOX],
    "sobel": lambda: [opencv_derivative(1, 0, 3), opencv_derivative(0, 1, 3)],
    "sobel-x": lambda: [opencv_derivative(1, 0, 3)],
    "sobel-y": lambda: [opencv_derivative(0, 1, 3)],
    "scharr": lambda: [
        opencv_derivative(1, 0, cv2.FILTER_SCHARR),
        opencv_derivative(0, 1, cv2.FILTER_SCHARR),
    ],
    "scharr-x": lambda: [opencv_derivative(1, 0, cv2.FILTER_SCHARR)],
    "scharr-y": lambda: [opencv_derivative(0, 1, cv2.FILTER_SCHARR)],
    "prewitt": lambda: [weights_of(ndi.prewitt(delta(7), axis)) for axis in (1, 0)],
    "prewitt-x": lambda: [weights_of(ndi.prewitt(delta(7), 1))],
    "prewitt-y": lambda: [weights_of(ndi.prewitt(delta(7), 0))],
    "roberts": lambda: [np.array([[1, 0], [0, -1]]), np.array([[0, 1], [-1, 0]])],  # skimage.filters.roberts
    "roberts-x": lambda: [np.array([[1, 0], [0, -1]])],
    "roberts-y": lambda: [np.array([[0, 1], [-1, 0]])],
    "kirsch": lambda: compass([-3, -3, 5, 5, 5, -3, -3, -3]),
    "robinson": lambda: compass([-1, 0, 1, 2, 1, 0, -1, -2]),
    "laplacian": lambda: [weights_of(cv2.Laplacian(delta(7), cv2.CV_64F, ksize=1))],
    "laplacian8": lambda: [1 - 9 * delta(3)],  # Gonzalez and Woods, section 3.6
    "log": lambda: [log(1, 9)],
    "dog": lambda: [dog(1, 1.6, 13)],
    "gabor": lambda: [cv2.getGaborKernel((-1, -1), 2, 0, 4, 0.5, np.pi / 2)],
}


def gabor(
    size: tuple[int, int], sigma: float, theta: float, wavelength: float, gamma: float, psi: float
) -> np.ndarray:
    return cv2.getGaborKernel(size, sigma, np.deg2rad(theta), wavelength, gamma, np.deg2rad(psi))


def opencv_gaussian(rows: int, columns: int) -> np.ndarray:
    """The sigma that OpenCV documents for a size, in its own Gaussian."""
    down, across = (cv2.getGaussianKernel(n, 0.3 * ((n - 1) * 0.5 - 1) + 0.8) for n in (rows, columns))
    return down @ across.T


ROW = np.array([[1, 4, 6, 4, 1]]) / 16
PARAMETERS: dict[str, Callable[[], np.ndarray]] = {
    "identity:size=1x3": lambda: np.array([[0, 1, 0]]),
    "box:size=4x2": lambda: np.full((4, 2), 1 / 8),
    "box:5": lambda: np.full((5, 5), 1 / 25),
    "gaussian:sigma=2.3": lambda: weights_of(gaussian(2.3, 41, truncate=4)),
    "gaussian:sigma=0.1": lambda: np.ones((1, 1)),
    "gaussian:sigma=2,size=9": lambda: cv2.getGaussianKernel(9, 2) @ cv2.getGaussianKernel(9, 2).T,
    "gaussian:size=11": lambda: cv2.getGaussianKernel(11, 0) @ cv2.getGaussianKernel(11, 0).T,
    "gaussian:size=5x7": lambda: opencv_gaussian(5, 7),
    "gaussian:sigma_x=1,sigma-y=2": lambda: weights_of(
        ndi.gaussian_filter(delta(41), (2, 1), mode="constant")
    ),
    "gaussian:sigma-x=2": lambda: weights_of(gaussian(2, 41)),
    "gaussian:sigma-x=2,sigma-y=0": lambda: weights_of(
        ndi.gaussian_filter1d(delta(41), 2, 1, mode="constant")
    ),
    "gaussian:sigma=1/2,size=3": lambda: cv2.getGaussianKernel(3, 0.5) @ cv2.getGaussianKernel(3, 0.5).T,
    "binomial:size=5x1": lambda: ROW.T,
    "binomial:size=1x2": lambda: np.array([[0.5, 0.5]]),
    "disk:radius=1": lambda: disk(1),
    "disk:radius=2.5": lambda: disk(2.5),
    "disk:radius=3.2": lambda: disk(3.2),
    "disk:radius=0.4": lambda: np.ones((1, 1)),
    "disk:radius=1e-300": lambda: np.ones((1, 1)),
    "motion:length=9,angle=90": lambda: np.full((9, 1), 1 / 9),
    "motion:len=4": lambda: np.array([[0.5, 1, 1, 1, 0.5]]) / 4,
    "motion:length=1,angle=33": lambda: np.ones((1, 1)),
    "motion:9,180": lambda: np.full((1, 9), 1 / 9),
    "unsharp:sigma=1.5,amount=0.7": lambda: weights_of(unsharp(1.5, 0.7, 41)),
    "unsharp:size=5": lambda: 2 * delta(5) - cv2.getGaussianKernel(5, 1) @ cv2.getGaussianKernel(5, 1).T,
    "unsharp:amount=0": lambda: delta(9),
    "highpass:size=5": lambda: delta(5) - 1 / 25,
    "sobel-x:size=5": lambda: opencv_derivative(1, 0, 5),
    "sobel-y:size=7": lambda: opencv_derivative(0, 1, 7),
    "sobel-x:size=31": lambda: opencv_derivative(1, 0, 31),
    "log:sigma=2.5": lambda: log(2.5, 21),
    "log:sigma=1,size=5": lambda: log(1, 5),
    "dog:sigma=2,k=2": lambda: dog(2, 2, 33),
    "dog:sigma=1,size=7": lambda: dog(1, 1.6, 7),
    "gabor:sigma=3,theta=30,wavelength=7,gamma=0.8,psi=20": lambda: gabor((-1, -1), 3, 30, 7, 0.8, 20),
    "gabor:sigma=3,theta=120,lambda=5,size=9x15": lambda: gabor((15, 9), 3, 120, 5, 0.5, 90),
    "gabor:sigma=2,theta=-45,psi=0,size=21": lambda: gabor((21, 21), 2, -45, 4, 0.5, 0),
}


@pytest.mark.parametrize("name", library.names())
def test_weights_are_the_published_ones(name):
    found, expected = kernel(name), ORACLES[name]()
    assert [part.shape for part in found.components] == [part.shape for part in expected]
    for part, wanted in zip(found.components, expected, strict=True):
        assert_allclose(part, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("spec", PARAMETERS)
def test_parameters_are_the_published_ones(spec):
    expected = PARAMETERS[spec]()
    assert kernel(spec).weights.shape == expected.shape
    assert_allclose(kernel(spec).weights, expected, rtol=1e-7, atol=1e-10)


def test_every_parameter_is_checked():
    checked = set()
    for spec in PARAMETERS:
        name, _, said = kernel(spec).name.partition(":")
        checked |= {(name, item.partition("=")[0]) for item in said.split(",")}
    wanted = {
        (name, p.name) for name, entry in library.TABLE.items() if entry.family for p in entry.parameters
    }
    assert wanted - checked == set()


def test_motion_is_what_matlab_prints():
    # fspecial('motion', 3, 45), as quoted in a question on MATLAB's own answers
    printed = [[0, 0.0754, 0.1883], [0.0754, 0.3215, 0.0754], [0.1883, 0.0754, 0]]
    assert_allclose(kernel("motion:length=3,angle=45").weights, printed, atol=5e-5)
    assert_allclose(kernel("motion:length=3,angle=-45").weights, np.fliplr(printed), atol=5e-5)


@pytest.mark.parametrize("angle", [10, 30, 45, 77, 100, 135, 170])
def test_motion_runs_along_its_angle(angle):
    weights = kernel(f"motion:length=41,angle={angle}").weights
    up, right = (np.arange(n) - (n - 1) / 2 for n in weights.shape)
    up = -up[:, None]
    spread = np.array([[(weights * a * b).sum() for a in (right, up)] for b in (right, up)])
    axis = np.linalg.eigh(spread)[1][:, 1]
    assert np.rad2deg(np.arctan2(axis[1], axis[0])) % 180 == pytest.approx(angle, abs=0.5)
    assert weights.sum() == pytest.approx(1)


def test_disk_is_what_matlab_prints():
    # fspecial('disk', 1)
    assert_allclose(kernel("disk:1").weights[:2, :2], [[0.0251, 0.1453], [0.1453, 0.3183]], atol=5e-5)


def test_names_that_stand_for_several_combine():
    magnitude = {"sobel", "scharr", "prewitt", "roberts"}
    strongest = {"kirsch", "robinson"}
    for name in library.names():
        expected = (
            Combine.MAGNITUDE if name in magnitude else Combine.MAX if name in strongest else Combine.NONE
        )
        assert kernel(name).combine is expected


def test_parameters_reach_every_part():
    found = kernel("sobel:size=5")
    assert_allclose(found.components[0], opencv_derivative(1, 0, 5))
    assert_allclose(found.components[1], opencv_derivative(0, 1, 5))


@pytest.mark.parametrize("name", library.names())
def test_entries_are_complete(name):
    entry = library.entry(name)
    assert entry.source
    assert library.names()[name] == entry.about != ""
    assert [bool(entry.weights), bool(entry.family), bool(entry.parts)].count(True) == 1
    for parameter in entry.parameters:
        assert parameter.about or parameter.derived
        assert bool(parameter.default) != bool(parameter.derived)
        if parameter.default:
            parameter.read(parameter.default)
    assert kernel(name).source == entry.source


def test_defaults_said_are_the_defaults_used():
    for name, entry in library.TABLE.items():
        said = ",".join(f"{p.name}={p.default}" for p in entry.parameters if p.default)
        for given, plain in zip(kernel(f"{name}:{said}").components, kernel(name).components, strict=True):
            assert_allclose(given, plain, rtol=0)


def test_entry_of_an_unknown_name():
    with pytest.raises(KernelError, match="'sobl' is not known") as caught:
        library.entry("sobl")
    assert caught.value.hint == "did you mean 'sobel'?"


def test_the_listing_needs_no_numpy():
    script = "import sys; from convcli.kernels import library; library.names(); print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
