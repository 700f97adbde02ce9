"""Descent: the steps of PyTorch and of the notes, rates that converge and rates that do not, batches."""

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

from convcli.engine.correlation.correlate import correlate
from convcli.engine.fitting.fit import fit_kernel
from convcli.errors import ConvcliError
from tests.oracle import unfold
from tests.paths import CASES

TORCH = np.load(CASES / "torch_learn.npz")
STORED = json.loads(str(TORCH["cases"]))["cases"]
GOLDEN = json.loads((CASES / "golden.json").read_text("utf-8"))["cases"]


@pytest.mark.parametrize("number", range(len(STORED)))
def test_the_steps_of_torch(number):
    options = dict(STORED[number])
    size = options.pop("size")
    fit = fit_kernel(TORCH[f"x{number}"], TORCH[f"y{number}"], size, **options)
    assert [step.number for step in fit.steps] == list(range(1, options["steps"] + 1))
    assert_allclose([step.loss for step in fit.steps], TORCH[f"losses{number}"], rtol=1e-9)
    assert_allclose(fit.weights, TORCH[f"weight{number}"], rtol=0, atol=1e-9)
    assert_allclose(fit.bias, TORCH[f"bias{number}"][0], rtol=0, atol=1e-9)
    assert fit.lr == options["lr"]


def test_the_stored_steps_are_of_both_methods():
    assert {case["method"] for case in STORED} == {"gd", "adam"}
    assert {case["loss"] for case in STORED} == {"mean", "sum"}


def test_the_run_of_the_notes():
    (case,) = [case for case in GOLDEN if case["op"] == "learn"]
    seen = []
    fit = fit_kernel(
        case["input"],
        case["target"],
        case["size"],
        method=case["method"],
        init=case["init"],
        lr=case["lr"],
        steps=case["steps"],
        loss="sum",
        pad="valid",
        watch=lambda step, loss: seen.append((step, loss)),
    )
    losses = {str(step.number): step.loss for step in fit.steps}
    for step, loss in case["loss_before_step"].items():
        assert losses[step] == pytest.approx(loss, rel=1e-12)
    assert_allclose(fit.weights, case["kernel"], rtol=1e-12)
    assert fit.bias == pytest.approx(case["bias"], abs=1e-12)
    assert seen == list(fit.steps)


@pytest.mark.parametrize("loss", ["mean", "sum"])
def test_the_limit_is_where_descent_begins_to_diverge(loss, rng):
    image = rng.random((12, 13))
    target = correlate(image, rng.normal(size=(2, 2)), bias=1.0)
    options = {"method": "gd", "loss": loss, "steps": 3000, "l2": 0.01}
    limit = fit_kernel(image, target, 2, loss=loss, l2=0.01).rate_limit
    below = fit_kernel(image, target, 2, lr=0.999 * limit, **options)
    assert below.steps[-1].loss < below.steps[0].loss
    with pytest.raises(ConvcliError, match="gd diverges with the rate") as caught:
        fit_kernel(image, target, 2, lr=1.001 * limit, **options)
    assert f"rates below {limit:.4g} converge" in caught.value.hint
    # The limit by the matrix of windows itself.
    rows, _ = unfold(image, (2, 2), "reflect")
    matrix = np.column_stack([rows, np.ones(len(rows))])
    curve = 2 * matrix.T @ matrix / (len(rows) if loss == "mean" else 1)
    curve[:4, :4] += 2 * 0.01 * np.eye(4)
    assert limit == pytest.approx(2 / np.linalg.eigvalsh(curve)[-1])


def test_divergence_names_the_step_it_was_stopped_at(rng):
    image = rng.random((9, 9))
    with pytest.raises(ConvcliError, match=r"rate 50: stopped at step 2 \(loss ") as caught:
        fit_kernel(image, image, 3, method="gd", lr=50)
    assert "lstsq" in caught.value.hint


def test_adam_that_diverges(rng):
    image = rng.random((9, 9))
    with pytest.raises(ConvcliError, match="adam diverges with the rate 1e\\+09") as caught:
        fit_kernel(image, image, 3, method="adam", lr=1e9, steps=5)
    assert "such as 1e+08" in caught.value.hint


@pytest.mark.parametrize("method", ["gd", "adam"])
@pytest.mark.parametrize("batch", [None, 32])
@pytest.mark.parametrize("init", ["zero", "normal"])
def test_defaults_converge(method, batch, init, rng):
    image, kernel = rng.normal(size=(30, 30)), rng.normal(size=(3, 3))
    target = correlate(image, kernel, bias=0.5)
    fit = fit_kernel(image, target, 3, method=method, batch=batch, init=init, steps=2000, seed=4)
    assert_allclose(fit.weights, kernel, atol=0.02)
    assert fit.bias == pytest.approx(0.5, abs=0.02)
    assert fit.rmse < 0.02
    assert fit.method == method


@pytest.mark.parametrize("method", ["gd", "adam"])
@pytest.mark.parametrize("loss", ["mean", "sum"])
def test_defaults_do_not_diverge_on_pixels(method, loss, rng):
    image = rng.integers(0, 256, (40, 40), np.uint8)
    target = correlate(image, np.full((3, 3), 1 / 9), dtype=np.uint8)
    for batch in (None, 1, 16):
        fit = fit_kernel(image, target, 3, method=method, loss=loss, batch=batch, steps=300)
        assert fit.r2 > 0.5


def test_a_batch_of_everything_left_is_about_the_mean(rng):
    """The gradient of a batch is that of all values but for chance: steps of a large batch follow theirs."""
    image = rng.random((20, 20))
    target, mask = rng.random((20, 20)), rng.random((20, 20)) < 0.5
    target[~mask] = 1e9  # must never be drawn
    options = {"method": "gd", "lr": 0.05, "steps": 5, "masks": mask}
    whole = fit_kernel(image, target, 2, **options)
    drawn = fit_kernel(image, target, 2, batch=20_000, **options)
    assert_allclose([s.loss for s in drawn.steps], [s.loss for s in whole.steps], rtol=0.03)
    assert_allclose(drawn.weights, whole.weights, rtol=0.05)


@pytest.mark.parametrize(("pad", "stride"), [("constant", (2, 1)), ("wrap", (1, 3)), ("valid", (1, 1))])
def test_batches_draw_windows_as_they_lie(pad, stride, rng):
    """Of a noiseless pair, no draw has a loss at the true kernel: descent finds it to the last digits."""
    image, kernel = [rng.normal(size=(14, 11)) for _ in range(2)], rng.normal(size=(2, 3))
    target = [correlate(each, kernel, pad=pad, pad_value=2.0, stride=stride, bias=-1.0) for each in image]
    options = {"pad": pad, "pad_value": 2.0, "stride": stride, "batch": 40, "steps": 3000}
    fit = fit_kernel(image, target, (2, 3), method="gd", lr=0.05, **options)
    assert_allclose(fit.weights, kernel, atol=1e-8)
    assert fit.bias == pytest.approx(-1, abs=1e-8)


def test_seeds_draw(rng):
    image, target = rng.random((9, 9)), rng.random((9, 9))
    options = {"method": "gd", "steps": 3, "batch": 5}
    first, same, other = (fit_kernel(image, target, 3, seed=seed, **options) for seed in (1, 1, 2))
    assert first.steps == same.steps
    assert first.steps != other.steps
    starts = [fit_kernel(image, target, 3, method="gd", steps=1, init="normal", seed=seed) for seed in (1, 2)]
    assert starts[0].steps != starts[1].steps


def test_channels_descend_each(rng):
    image, seen = rng.random((8, 8, 2)), []
    target = image * [2, -1]
    fit = fit_kernel(
        image,
        target,
        1,
        method="gd",
        steps=40,
        per_channel=True,
        loss="sum",
        watch=lambda step, _: seen.append(step),
    )
    assert seen == list(range(1, 81))
    alone = [fit_kernel(image[..., c], target[..., c], 1, method="gd", steps=40, loss="sum") for c in (0, 1)]
    assert_allclose(fit.weights, [one.weights for one in alone], atol=1e-12)
    assert_allclose(
        [step.loss for step in fit.steps],
        [a.loss + b.loss for a, b in zip(alone[0].steps, alone[1].steps, strict=True)],
        rtol=1e-9,
    )


def test_descent_on_a_flat_picture_stays_finite():
    fit = fit_kernel(np.full((9, 9), 3.0), np.full((9, 9), 6.0), 3, method="gd", steps=500)
    assert not fit.unique
    assert fit.rmse < 1e-6
    assert np.isfinite(fit.weights).all()


def edge_map():
    """A picture of flat areas, whose map of differences is 0 but at two columns."""
    image = np.zeros((6, 8))
    image[:, 2:5] = 1
    return image, correlate(image, [[1, -1]], pad="valid")


@pytest.mark.parametrize("method", ["gd", "adam"])
@pytest.mark.parametrize("init", ["zero", "normal"])
@pytest.mark.parametrize("batch", [None, 1, 4])
def test_a_loss_that_has_converged_is_not_divergence(method, init, batch):
    """Many batches hold zeros alone, whose loss is 0 with the first weights: a later one is no growth."""
    image, target = edge_map()
    for seed in range(3):
        options = {"method": method, "init": init, "batch": batch, "seed": seed, "pad": "valid"}
        fit = fit_kernel(image, target, (1, 2), steps=2500, **options)
        assert_allclose(fit.weights, [[1, -1]], atol=0.02)


@pytest.mark.parametrize("method", ["gd", "adam"])
def test_a_flat_target_is_reached_and_stays(method, rng):
    image = rng.random((12, 12))
    for target in (np.zeros((12, 12)), np.full((12, 12), 0.5), image):
        for batch in (None, 2):
            fit = fit_kernel(image, target, 2, method=method, init="normal", batch=batch, steps=3000)
            assert fit.rmse < 0.05


def test_the_default_rate_of_batches_counts_the_penalty_in_full():
    """Of a sum of squares, a batch of 1 has 1 / 121 of the data's curvature, and all of the penalty's."""
    image = np.full((11, 11), 3.0)
    fit = fit_kernel(image, image, 3, method="gd", init="normal", loss="sum", l2=1.0, batch=1, bias=False)
    assert fit.lr < 1  # 2 / (largest eigenvalue of 2 * l2 * identity)
    assert np.isfinite(fit.weights).all()
