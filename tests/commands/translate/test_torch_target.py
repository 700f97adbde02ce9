"""Scripts for PyTorch: as stored with their results, and run wherever PyTorch can be imported."""

import json
import shlex
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from tests.cases.make_torch_translated import cases, inputs, script
from tests.paths import CASES
from tests.program import invoke

with np.load(CASES / "torch_translated.npz") as held:
    STORED = {name: held[name] for name in held.files}
SCRIPTS = json.loads(str(STORED["cases"]))["scripts"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inputs(tmp_path)


def ours(command, options):
    """Return what our own command makes of the same options."""
    words = shlex.split(options)
    words = ["--mode", *words] if command == "pool" else words
    files = ["net.toml", "in.npy"] if command == "run" else ["in.npy", *words]
    ran = invoke(command, *files, "-o", "ours.npy", "--force")
    assert ran.status == 0, ran.err
    return np.load("ours.npy")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(("number", "case"), list(enumerate(cases())), ids=lambda case: str(case)[:50])
def test_stored_results_are_those_of_the_engine(number, case):
    assert script(*case) == SCRIPTS[number], "run python -m tests.cases.make_torch_translated with PyTorch"
    wanted = ours(*case)
    np.testing.assert_allclose(STORED[f"y{number}"], wanted, rtol=1e-5, atol=2e-4)
    if find_spec("torch"):
        names = {"__name__": "script"}
        exec(compile(SCRIPTS[number], "script", "exec"), names)
        if "weights" in names:
            names["weights"].close()
        np.testing.assert_allclose(np.load("out.npy"), wanted, rtol=1e-5, atol=2e-4)


@pytest.mark.usefixtures("here")
def test_weights_are_loaded_from_the_files_that_the_stack_names():
    printed = script("run", "net.toml")
    assert 'weights = np.load("w.npz")' in printed
    assert 'net[1].weight.data = torch.from_numpy(weights["first"]).float()' in printed
    assert "nn.ReplicationPad2d((0, 1, 1, 0))" in printed
    assert "nn.LeakyReLU(0.2)" in printed


@pytest.mark.parametrize(
    ("options", "line"),
    [
        ("--pool max --size 3 -s 2 --padding 1", "y = F.max_pool2d(x, 3, stride=2, padding=1)"),
        ("--pool avg --size 2x4 --ceil", "y = F.avg_pool2d(x, (2, 4), ceil_mode=True)"),
        ("-k sobel-x -p zero -d 2", "y = F.conv2d(x, k[None, None], padding=2, dilation=2)"),
        ("-k '1 2; 3 4' -p reflect", 'padded = F.pad(x, (0, 1, 0, 1), mode="reflect")'),
        ("-k '1 2; 3 4' --convolve", "y = F.conv2d(padded, k.flip(-2, -1)[None, None])"),
    ],
)
def test_the_tool_s_own_words_are_used(options, line):
    ran = invoke("translate", *shlex.split(options), "--to", "torch")
    assert ran.status == 0, ran.err
    assert line in ran.out.decode().splitlines()


def test_sizes_that_pytorch_does_not_round_up_are_refused():
    ran = invoke("translate", "--pool", "median", "--ceil", "--to", "torch")
    ran.check_refusal(3, "rounds sizes up for max and average pooling")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("layer", "says"),
    [
        ('type = "conv"\nkernel = "sobel-x"\npadding = 1\npad = "symmetric"', "edge pixel repeated"),
        ('type = "pool"\nmode = "median"', "no module for this pooling"),
        ('type = "pool"\npadding = [2, 0]', "up to half the window"),
    ],
)
def test_layers_without_a_module_are_refused(layer, says):
    Path("odd.toml").write_text(f"[[layer]]\n{layer}\n")
    invoke("translate", "odd.toml", "--to", "torch").check_refusal(3, says)


@pytest.mark.usefixtures("here")
def test_several_maps_need_an_array():
    ran = invoke("translate", "-k", "sobel-x", "-k", "sobel-y", "--to", "torch", "-o", "out.png")
    ran.check_refusal(2, "2 feature maps")
