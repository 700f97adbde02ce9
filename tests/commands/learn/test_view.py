import numpy as np
import pytest

from convcli.commands.learn.view import CommandLine, Losses, continued, open_directions, trials, weights
from convcli.display.terminal.facts import pairs
from tests.display.terminal.helpers import drawn

COMMAND = ("convcli", "filter", "a picture.png", "-k", "kernel.json", "-p", "reflect", "-o", "again.png")


def kernel(values, error=0.0):
    values = np.asarray(values, float)
    return weights("kernel", values, np.full(values.shape, error))


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_a_command_is_laid_out_for_the_shell(width):
    lines = continued(COMMAND, width)
    assert all(line.endswith(" \\") for line in lines[:-1])
    assert not lines[-1].endswith("\\")
    assert max(map(len, lines)) <= width
    assert " ".join(line.removesuffix("\\").strip() for line in lines) == " ".join(COMMAND)
    assert len(lines) == 1 or all(len(line) + len(COMMAND[-1]) > width // 3 for line in lines[:-1])


def test_a_long_word_is_never_cut():
    name = "x" * 70
    lines = continued(("convcli", "filter", name, "-k", "box"), 40)
    assert lines[1] == f"  {name} \\"
    assert name in drawn(CommandLine(("convcli", "filter", name)), width=40)


def test_what_is_next_to_nothing_is_zero():
    text = drawn(*kernel([[1.0, 2e-17, -3e-5], [0.33333333, -1e-12, 1234e-6]]))
    (first, second) = [line.split() for line in text.splitlines() if line.startswith("   ")][:2]
    assert first == ["1", "0", "0"]
    assert second == ["0.333", "0", "0.001"]


@pytest.mark.parametrize("scale", [1e-250, 1e-30, 1.0, 1e30, 1e250])
def test_every_size_of_weights_is_drawn(scale):
    text = drawn(*kernel(np.array([[1.5, -0.5]]) * scale))
    assert f"{1.5 * scale:.4g}" in text
    assert f"{-0.5 * scale:.4g}" in text


def test_standard_errors_are_drawn_of_small_kernels_alone():
    assert "standard errors" in drawn(*kernel(np.eye(3), 0.01))
    assert "0.01 0.01" in drawn(*kernel(np.eye(3), 0.01))
    for values, error in ((np.eye(9), 0.01), (np.eye(3), np.inf), (np.eye(3), 0.0)):
        assert "standard errors" not in drawn(*kernel(values, error))


@pytest.mark.parametrize("width", [40, 80])
def test_everything_fits(width):
    rows = [(f"constant {n}.25", f"{n}.5", "found" if n == 0 else "") for n in range(7)]
    text = drawn(
        *kernel(np.random.default_rng(0).normal(size=(21, 21))),
        pairs([("residual", "0.2875 (root mean square), 0.529 at most"), ("known", "gabor:" + 90 * "x")]),
        trials("border", rows),
        *open_directions(tuple(np.eye(9).reshape(9, 3, 3))),
        Losses(list(np.geomspace(100, 1, 300))),
        CommandLine(COMMAND),
        width=width,
    )
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert text.count("x") >= 90, "long words are folded, not cut"
    for word in ("root mean", "found", "(4 of 9)", "loss of each step, logarithmic", "█"):
        assert word in text


def test_losses_that_reach_zero_are_not_logarithmic():
    text = drawn(Losses([4.0, 2.0, 0.0]))
    assert "logarithmic" not in text
    assert "█▅▁" in text


def test_facts_are_no_markup():
    text = drawn(pairs([("[b]x", "[i]y")]))
    assert "[b]x" in text
    assert "[i]y" in text


def test_names_are_no_markup_and_what_is_not_there_is_not_told(convcli):
    picture = np.random.default_rng(1).integers(0, 256, (12, 12)).astype(np.uint8)
    np.save("[red]a[red].npy", picture)
    text = convcli("learn", "[red]a[red].npy", "[red]a[red].npy", "--size", "3", "-p", "reflect").out.decode()
    assert text.splitlines()[0].strip() == "[red]a[red].npy -> [red]a[red].npy"
    for word in ("left open", "loss of each step", "found"):
        assert word not in text
