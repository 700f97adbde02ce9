import io

import numpy as np
import pytest
from rich.console import Console

from convcli.commands.learn.view import FitPart, FitSheet, Trial, continued

COMMAND = ("convcli", "filter", "a picture.png", "-k", "kernel.json", "-p", "reflect", "-o", "again.png")


def drawn(sheet, width=80, **options):
    console = Console(file=io.StringIO(), width=width, color_system=None, **options)
    console.print(sheet, crop=False)
    return console.file.getvalue()


def part(weights, errors=None, title="kernel", facts=(("known", "none"),)):
    weights = np.asarray(weights, float)
    return FitPart(title, weights, np.zeros_like(weights) if errors is None else errors, facts)


def sheet(**fields):
    plain = {"title": "a -> b", "verdict": ("Sure.",), "parts": (part([[1.0, -1.0]]),)}
    plain["facts"] = (("size", "1x2"),)
    return FitSheet(**plain | fields)


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
    assert name in drawn(sheet(command=("convcli", "filter", name), heading="So:"), 40)


def test_what_is_next_to_nothing_is_zero():
    text = drawn(sheet(parts=(part([[1.0, 2e-17, -3e-5], [0.33333333, -1e-12, 1234e-6]]),)))
    (first, second) = [line.split() for line in text.splitlines() if line.startswith("   ")][:2]
    assert first == ["1", "0", "0"]
    assert second == ["0.333", "0", "0.001"]


@pytest.mark.parametrize("scale", [1e-250, 1e-30, 1.0, 1e30, 1e250])
def test_every_size_of_weights_is_drawn(scale):
    text = drawn(sheet(parts=(part(np.array([[1.5, -0.5]]) * scale),)))
    assert f"{1.5 * scale:.4g}" in text
    assert f"{-0.5 * scale:.4g}" in text


def test_standard_errors_are_drawn_of_small_kernels_alone():
    assert "standard errors" in drawn(sheet(parts=(part(np.eye(3), np.full((3, 3), 0.01)),)))
    assert "0.01 0.01" in drawn(sheet(parts=(part(np.eye(3), np.full((3, 3), 0.01)),)))
    for weights, error in ((np.eye(9), 0.01), (np.eye(3), np.inf), (np.eye(3), 0.0)):
        assert "standard errors" not in drawn(sheet(parts=(part(weights, np.full(weights.shape, error)),)))


@pytest.mark.parametrize("width", [40, 80])
def test_everything_fits(width):
    rows = tuple(Trial(f"constant {n}.25", f"{n}.5", "found" if n == 0 else "") for n in range(7))
    large = part(np.random.default_rng(0).normal(size=(21, 21)), title="kernel of channel 0")
    text = drawn(
        sheet(
            verdict=("No single kernel explains this pair: the best explains 43% of it.",),
            parts=(large, large),
            facts=(("residual", "0.2875 (root mean square), 0.529 at most"), ("known", "gabor:" + 90 * "x")),
            trials=(("border", rows),),
            freedom=tuple(np.eye(9).reshape(9, 3, 3)),
            losses=list(np.geomspace(100, 1, 300)),
            heading="To make the target from the input:",
            command=COMMAND,
        ),
        width,
    )
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert text.count("x") >= 90, "long words are folded, not cut"
    for word in ("43%", "kernel of channel 0", "found", "(4 of 9)", "loss of each step, logarithmic", "█"):
        assert word in text


def test_losses_that_reach_zero_are_not_logarithmic():
    text = drawn(sheet(losses=[4.0, 2.0, 0.0]))
    assert "logarithmic" not in text
    assert "█▅▁" in text


def test_what_is_not_there_is_not_told():
    text = drawn(sheet())
    assert text.splitlines()[0].strip() == "a -> b"
    for word in ("left open", "loss of each step", "residual", "convcli"):
        assert word not in text


def test_names_are_no_markup():
    text = drawn(sheet(title="[red]a[/red] -> b", facts=(("[b]x", "[i]y"),)))
    assert "[red]a[/red]" in text
    assert "[b]x" in text
    assert "[i]y" in text
