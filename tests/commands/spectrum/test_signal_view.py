"""`convcli spectrum` of a signal: magnitudes over frequency as curves, in the terminal and as a picture."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from convcli.commands.spectrum.signal_view import _curves
from convcli.engine.analysis.convolution_theorem import theorem
from tests.program import Convcli

SIGNAL = np.random.default_rng(4).normal(size=50)


@pytest.mark.parametrize("convolve", [False, True])
@pytest.mark.parametrize("count", [1, 2, 9, 50])
def test_curves_are_those_of_rfft(count: int, convolve: bool) -> None:
    signal, weights = SIGNAL[:count], np.array([1.0, 2, -1])
    curves = list(_curves(theorem(signal[None], weights[None], convolve=convolve), convolve=convolve))
    wrapped = np.zeros(count)
    for place, weight in zip((-1, 0, 1), weights, strict=True):
        wrapped[place % count] += weight
    of_signal, of_kernel = np.abs(np.fft.rfft(signal)), np.abs(np.fft.rfft(wrapped))
    for curve, expected in zip(curves, (of_signal, of_kernel, *[of_signal * of_kernel] * 2), strict=True):
        np.testing.assert_allclose(curve.values, expected, atol=1e-12)
        assert curve.ends == (0, np.fft.rfftfreq(count)[-1])


def test_four_curves_stand_in_the_terminal_beside_each_other_where_they_fit(
    convcli: Convcli, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save("x.npy", SIGNAL)
    together = []
    for width in (80, 50):
        monkeypatch.setenv("COLUMNS", str(width))
        lines = convcli("spectrum", "x.npy", "-k", "gaussian").out.decode().splitlines()
        assert max(map(len, lines)) <= width
        assert sum(line.count("max ") for line in lines) == 4
        together.append(max(line.count("|F(") for line in lines if "F(kernel)|, max" in line))
    assert together == [2, 1]


def test_product_and_result_are_the_same_drawing(convcli: Convcli) -> None:
    np.save("x.npy", SIGNAL)
    lines = convcli("spectrum", "x.npy", "-k", "1 2 1").out.decode().splitlines()
    first = next(at for at, line in enumerate(lines) if "conj F(kernel)" in line) + 1
    drawn = [(line[:40].strip(), line[40:].strip()) for line in lines[first : first + 5]]
    assert [left for left, _ in drawn] == [right for _, right in drawn]
    assert any(re.search("[⠁-⣿]", left) for left, _ in drawn)


def test_a_picture_of_four_plots(convcli: Convcli) -> None:
    np.save("x.npy", SIGNAL)
    ran = convcli("spectrum", "x.npy", "-k", "1 2 1", "-o", "s.png", "--json")
    assert json.loads(ran.out)["max_difference"] < 1e-12
    with Image.open("s.png") as drawn:
        assert 900 <= drawn.size[0] < 1200, "as wide as plots, or the sentence above them"
        assert drawn.size[1] > 4 * 240


def test_a_row_of_a_picture_file_stays_a_picture(convcli: Convcli) -> None:
    np.save("x.npy", SIGNAL[None])
    assert "cycles per sample" not in convcli("spectrum", "x.npy", "-k", "1 2 1").out.decode()
