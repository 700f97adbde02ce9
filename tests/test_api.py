"""The Python API: every name is there, loaded when first used, with the promised signature."""

import inspect
import subprocess
import sys

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy import ndimage

import convcli as cv

PROMISED = {
    "correlate": "image kernel pad pad_value padding stride dilation bias method jobs dtype out rows",
    "conv2d": "x weight bias stride padding dilation groups pad pad_value jobs",
    "match_score": "image kernel center pad pad_value padding stride dilation jobs",
    "pad2d": "image padding mode value",
    "pool2d": "x size mode stride padding dilation ceil count_include_pad p pad pad_value jobs",
    "fit_kernel": "inputs targets size method pad pad_value stride convolve bias l2 per_channel masks holdout"
    " steps lr batch seed init loss jobs watch",
    "compare_padding": "image kernel crop truth offset layers pads pad_value stride dilation bias peak jobs",
    "output_size": "size kernel stride padding dilation ceil",
    "read_image": "path layout",
    "write_image": "path image layout",
}


@pytest.mark.parametrize("name", cv.__all__)
def test_every_name_loads(name: str) -> None:
    value = getattr(cv, name)
    assert name in dir(cv)
    assert getattr(value, "__doc__", None)


def test_an_unknown_name() -> None:
    with pytest.raises(AttributeError, match="no attribute 'corelate'"):
        _ = cv.corelate


@pytest.mark.parametrize("name", PROMISED)
def test_signatures(name: str) -> None:
    assert list(inspect.signature(getattr(cv, name)).parameters) == PROMISED[name].split()


def test_importing_the_package_imports_nothing_heavy() -> None:
    code = "import sys, convcli; print(sorted({'numpy', 'PIL', 'typer', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_kernel_of_the_library() -> None:
    kernel = cv.kernel("gaussian:sigma=1.5")
    assert isinstance(kernel, cv.Kernel)
    assert (kernel.rank, kernel.gain) == (1, pytest.approx(1))
    image = np.random.default_rng(0).random((40, 50))
    expected = ndimage.gaussian_filter(image, 1.5, mode="mirror")
    assert_allclose(cv.correlate(image, kernel.weights), expected, atol=1e-12)


def test_pictures_in_and_out(tmp_path) -> None:
    image = np.random.default_rng(1).integers(0, 256, (9, 7, 3), dtype=np.uint8)
    cv.write_image(tmp_path / "x.png", image)
    assert_array_equal(cv.read_image(tmp_path / "x.png"), image)


def test_true_convolution() -> None:
    image, kernel = np.arange(12.0).reshape(3, 4), np.arange(9.0).reshape(3, 3)
    assert_allclose(
        cv.convolve(image, kernel, pad="zero"), ndimage.convolve(image, kernel, mode="constant"), atol=1e-12
    )
