"""Words that people try first: what each means, and what is said of filters that are no kernels."""

import itertools
import shlex
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from PIL import ImageFilter
from scipy import ndimage

from convcli.errors import KernelError
from convcli.kernels import library
from convcli.kernels.spec import kernel, kernel_files
from convcli.options import completion
from tests.program import Convcli, pixels


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("blur", "gaussian"),
        ("blur:size=5", "gaussian:size=5"),
        ("Gaussian_Blur:2", "gaussian:sigma=2"),
        ("GaussianBlur", "gaussian"),
        ("gauss:sigma=2,size=9", "gaussian:sigma=2,size=9"),
        ("mean:size=5x3", "box:size=5x3"),
        ("average", "box"),
        ("BoxBlur", "box"),
        ("edge", "sobel"),
        ("edges:size=5", "sobel:size=5"),
        ("edge detect", "sobel"),
        ("sobelX", "sobel-x"),
        ("sobel_y", "sobel-y"),
        ("sharp", "sharpen"),
        ("unsharp_mask:amount=2", "unsharp:amount=2"),
        ("high-pass", "highpass"),
        ("laplace", "laplacian"),
        ("laplacian-8", "laplacian8"),
        ("Laplacian of Gaussian:sigma=2", "log:sigma=2"),
        ("difference-of-gaussians", "dog"),
        ("motion blur:length=5", "motion:length=5"),
    ],
)
def test_other_names_take_the_same_parameters(word: str, name: str) -> None:
    found, expected = kernel(word), kernel(name)
    assert found.name == expected.name == name
    for part, own in zip(found.components, expected.components, strict=True):
        assert_array_equal(part, own)
    assert kernel_files([word]) == []


def test_names_of_other_tools_mean_what_they_compute() -> None:
    size, _, _, weights = ImageFilter.FIND_EDGES.filterargs
    assert_array_equal(kernel("FIND_EDGES").weights, np.reshape(weights, size))
    spike = np.zeros((7, 7))
    spike[3, 3] = 1
    assert_allclose(ndimage.uniform_filter(spike, 5)[1:6, 1:6], kernel("uniform:size=5").weights)
    assert_allclose(ndimage.laplace(spike)[2:5, 2:5], kernel("laplace").weights)
    both = kernel("low-pass").components[0] + kernel("highpass").components[0]
    assert_allclose(both, kernel("id").weights, atol=1e-15)


def test_every_other_name_is_of_one_kernel() -> None:
    assert set(library.SYNONYMS.values()) <= set(library.TABLE)
    assert not set(library.SYNONYMS) & set(library.TABLE)
    assert library.synonyms("sharpen") == ["sharp"]
    assert library.synonyms("kirsch") == []


def test_the_nearest_may_be_another_name() -> None:
    with pytest.raises(KernelError) as caught:
        kernel("averge")
    assert caught.value.hint == "did you mean 'average'?"


POOLED = {
    "median": ndimage.median_filter,
    "MedianBlur": ndimage.median_filter,
    "erode": ndimage.grey_erosion,
    "erosion": ndimage.grey_erosion,
    "minimum": ndimage.minimum_filter,
    "min": ndimage.minimum_filter,
    "dilate": ndimage.grey_dilation,
    "dilation": ndimage.grey_dilation,
    "maximum": ndimage.maximum_filter,
    "max": ndimage.maximum_filter,
    "opening": ndimage.grey_opening,
    "open": ndimage.grey_opening,
    "closing": ndimage.grey_closing,
    "close": ndimage.grey_closing,
}


@pytest.mark.parametrize("word", POOLED)
def test_the_command_for_what_is_no_kernel_runs_as_printed(convcli: Convcli, gray: Path, word: str) -> None:
    ran = convcli("filter", gray, "-k", f"{word}:size=5")
    ran.check_refusal(2, "is not a kernel: it is", "convcli pool INPUT --mode")
    command = ran.lines[0].partition("; hint: ")[2]
    data, out = b"", b""
    for part in command.split(" | "):
        words = shlex.split(part.replace("INPUT", str(gray)).replace("OUTPUT", "done"))
        assert words[0] == "convcli"
        done = convcli(*words[1:], stdin=data)
        assert done.status == 0, done.err
        data = out = done.out
    before, after = pixels(gray), pixels(Path(out.decode().strip()))
    assert after.shape == before.shape
    inside = (slice(4, -4), slice(4, -4))  # beyond the reach of two windows of 5
    assert_array_equal(after[inside], POOLED[word](before, size=(5, 5))[inside])


def test_what_no_pooling_takes_is_refused() -> None:
    with pytest.raises(KernelError, match="median has no parameter 'sigma'"):
        kernel("median:sigma=2")


def test_a_file_of_that_name_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("median").write_text("1 2; 3 4")
    assert_array_equal(kernel("median").weights, [[1, 2], [3, 4]])


def test_completion_offers_other_names_where_no_name_begins_so() -> None:
    def offered(typed: str) -> list[str]:
        return [word for word, _ in completion.kernels(typed)]

    assert offered("b") == ["box", "binomial"]
    assert offered("bl") == ["blur"]
    assert offered("edg") == ["edge", "edges", "edge-detect", "edge-detection"]
    assert offered("blur:s") == ["blur:sigma=", "blur:size=", "blur:sigma-x=", "blur:sigma-y="]
    assert offered("blur:sigma=2,si") == [
        f"blur:sigma=2,{word}=" for word in ("sigma", "size", "sigma-x", "sigma-y")
    ]
    assert offered("qqq") == offered("qqq:") == []
    assert dict(completion.kernels("mea")) == {"mean": "box: mean of the window"}
    begin_a_name = {"gauss", "id", "sharp"}
    for word in library.SYNONYMS:
        assert (word in offered(word)) != (word in begin_a_name)


def test_results_are_named_by_the_kernel(convcli: Convcli, gray: Path) -> None:
    assert convcli("filter", gray, "-k", "mean").out == b"gray-box.png\n"
    expected = pixels("gray-box.png")
    assert convcli("filter", gray, "-k", "box", "-o", "same.png").status == 0
    assert_array_equal(pixels("same.png"), expected)
    ran = convcli("filter", gray, "-k", "blur", "-k", "sharp", "-k", "gauss", "-q")
    assert ran.out.decode().split() == ["gray-gaussian-1.png", "gray-sharpen.png", "gray-gaussian-2.png"]


def test_no_word_has_two_meanings() -> None:
    pooled = {"median", "erode", "dilate", "open", "close", "min", "max"}
    for word, other in itertools.product(pooled, (library.TABLE, library.SYNONYMS)):
        assert word not in other
