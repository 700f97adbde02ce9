"""`convcli explain` of a signal: the kernel turned, moved to t, the products under the signal, their sum."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tests.paths import SAMPLES
from tests.program import Convcli, invoke

SQUARES = b"[0,1,4,9,16,25,36,49]"


def words(text: bytes) -> list[str]:
    """Return the lines with one space between words."""
    return [" ".join(line.split()) for line in text.decode().splitlines()]


def test_flip_and_shift(convcli: Convcli) -> None:
    ran = convcli("explain", "-", "-k", "1 2 3", "--convolve", "-p", "zero", "--at", "4", stdin=SQUARES)
    assert ran.status == 0, ran.err
    lines = words(ran.out)
    # by hand: (f*g)(4) = f(3) g(1) + f(4) g(0) + f(5) g(-1) with g(-1), g(0), g(1) = 1, 2, 3
    for expected in (
        "stdin: result at 4",
        "tau -1 0 1",
        "g(tau) 1 2 3",
        "g(-tau) 3 2 1",
        "tau 0 1 2 3 4 5 6 7",
        "f(tau) 0 1 4 9 16 25 36 49",
        "g(4 - tau) 3 2 1",
        "product 27 32 25",
        "(f*g)(4) = sum f(tau) g(4 - tau)",
        "= f(3) g(1) + f(4) g(0) + f(5) g(-1)",
        "= 9 x 3 + 16 x 2 + 25 x 1",
        "= 27 + 32 + 25 = 84",
        "value 84",
    ):
        assert expected in lines


def test_kernel_and_products_stand_under_their_samples(convcli: Convcli) -> None:
    ran = convcli("explain", "-", "-k", "1 2 3", "--convolve", "-p", "zero", "--at", "4", stdin=SQUARES)
    lines = ran.out.decode().splitlines()
    start = next(index for index, line in enumerate(lines) if "moved to t = 4" in line)
    heads, samples, kernel, products = lines[start + 1 : start + 5]
    for head, sample, weight, product in (
        ("3", "9", "3", "27"),
        ("4", "16", "2", "32"),
        ("5", "25", "1", "25"),
    ):
        end = heads.index(head, 12) + 1
        for line, word in ((samples, sample), (kernel, weight), (products, product)):
            assert line[:end].endswith(f" {word}"), (line, word)


def test_correlation_says_that_it_does_not_turn(convcli: Convcli) -> None:
    ran = convcli("explain", "-", "-k", "1 -2 3", "--at", "0", stdin=SQUARES)
    text, lines = ran.out.decode(), words(ran.out)
    assert "which correlation does not turn" in text
    assert "g(-tau)" not in text
    # by hand, reflected: 1 | 0 1 4 ... with 1 -2 3
    assert "y(0) = sum f(tau) g(tau - 0)" in lines
    assert "= f(-1) g(-1) + f(0) g(0) + f(1) g(1)" in lines
    assert "= 1 x 1 + 0 x (-2) + 1 x 3" in lines
    assert "f(tau) [1] 0 1 4 9 16 25 36 49" in lines
    assert "taken from 1" in lines
    halves = convcli("explain", "-", "-k", "1 1", "--normalize", "--at", "0", stdin=SQUARES)
    assert "kernel 1 1: 2 weights, normalized, correlation: not turned" in words(halves.out)


def test_padding_with_a_constant(convcli: Convcli) -> None:
    at_end = ("--padding", "full", "-p", "constant", "--pad-value", "2", "--convolve", "--at", "9")
    ran = convcli("explain", "-", "-k", "1 2 3", *at_end, stdin=SQUARES)
    lines = words(ran.out)
    assert "f(tau) 0 1 4 9 16 25 36 49 [2] [2]" in lines
    assert "[ ] is padding: the constant 2" in lines
    assert "= 49 x 3 + 2 x 2 + 2 x 1" in lines  # by hand


@given(
    signal=st.lists(st.integers(-9, 9), min_size=1, max_size=8),
    weights=st.lists(st.integers(-9, 9), min_size=1, max_size=5),
    share=st.floats(0, 1, exclude_max=True),
)
def test_every_sample_is_that_of_numpy(signal: list[int], weights: list[int], share: float) -> None:
    expected = np.convolve(signal, weights)
    at = int(share * len(expected))
    how = ("--convolve", "-p", "zero", "--padding", "full", "--at", at)
    ran = invoke("explain", "-", "-k", " ".join(map(str, weights)), *how, stdin=json.dumps(signal).encode())
    sums = [line for line in words(ran.out) if line.startswith("= ")]
    assert sums[-1].endswith(f"= {expected[at]}")
    assert f"value {expected[at]}" in words(ran.out)


def test_stride_and_dilation_move_the_kernel(convcli: Convcli) -> None:
    ran = convcli(
        "explain", "-", "-k", "1 1", "-s", "3", "-d", "2", "-p", "valid", "--at", "1", stdin=SQUARES
    )
    lines = words(ran.out)
    assert "t = 1 x 3 = 3" in lines
    assert "= 9 x 1 + 25 x 1" in lines  # by hand: samples 3 and 5
    assert "value 34" in lines


def test_long_kernels_show_their_middle(convcli: Convcli, monkeypatch: pytest.MonkeyPatch) -> None:
    np.save("x.npy", np.random.default_rng(2).normal(size=100))
    for width in (80, 50):
        monkeypatch.setenv("COLUMNS", str(width))
        ran = convcli("explain", "x.npy", "-k", "gaussian:sigma=4", "--convolve", "--at", "-1")
        lines = ran.out.decode().splitlines()
        assert max(map(cell_len, lines)) <= width
        text = " ".join(ran.out.decode().split())
        assert "of 33; all of them count" in text
        assert "sum of the 33 products" in text


def test_one_number_is_a_place_along_a_signal_alone(convcli: Convcli) -> None:
    both = [
        convcli("explain", "-", "-k", "1 2 1", "--at", at, "--json", stdin=SQUARES) for at in ("-2", "0,6")
    ]
    found = [json.loads(ran.out) for ran in both]
    assert found[0] == found[1]
    assert (found[0]["at"], found[0]["value"]) == ([0, 6], 25 + 2 * 36 + 49)
    convcli("explain", SAMPLES / "camera.png", "-k", "box", "--at", "4").check_refusal(
        2, "'4' is not a place"
    )
    refused = convcli("explain", "-", "-k", "box", "--at", "1", stdin=b"[[1,2],[3,4]]")
    refused.check_refusal(1, "1 is one number, and the output has 2 rows", "0,1")


def test_in_chinese(convcli: Convcli) -> None:
    ran = convcli("explain", "-", "-k", "1 2 3", "--convolve", "--at", "4", "--lang", "zh", stdin=SQUARES)
    text = ran.out.decode()
    assert "翻转后的卷积核" in text
    assert "(f*g)(4) = sum f(tau) g(4 - tau)" in text
