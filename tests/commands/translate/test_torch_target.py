"""Scripts for PyTorch: as stored with their results, and run wherever PyTorch can be imported."""

import json
import shlex
import struct
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from convcli.commands.translate.targets.torch_modules import Modules
from convcli.errors import CannotTranslate
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
    files = [*words, "in.npy"] if command == "run" else ["in.npy", *words]
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
        for value in names.values():
            if isinstance(value, np.lib.npyio.NpzFile):
                value.close()
        np.testing.assert_allclose(np.load("out.npy"), wanted, rtol=1e-5, atol=2e-4)


@pytest.mark.usefixtures("here")
def test_weights_are_loaded_from_the_files_that_the_stack_names():
    printed = script("run", "net.toml")
    assert 'weights = np.load("w.npz")' in printed
    assert 'net[1].weight.data[:] = torch.from_numpy(weights["first"])' in printed
    assert "nn.ReplicationPad2d((0, 1, 1, 0))" in printed
    assert "nn.LeakyReLU(0.2)" in printed
    deeper = script("run", "deeper/net.toml")
    assert 'weights = np.load("deeper/more.npz")' in deeper
    assert "nn.BatchNorm2d(3, eps=0.1)" in deeper
    assert "nn.ConstantPad2d((2, 1, 1, 0), 0)" in deeper  # left, right, top, bottom


CONV = 'type = "conv"\n'


@pytest.mark.parametrize(
    ("layers", "line"),
    [
        # Two maps of every channel: six of three.
        (
            f'{CONV}kernel = "sobel"\ncombine = "none"\n[[layer]]\n{CONV}'
            "weights = [[[[1]], [[2]], [[3]], [[4]], [[5]], [[6]]]]",
            "    nn.Conv2d(3, 6, 3, groups=3, bias=False),",
        ),
        (f'{CONV}kernel = "1 2; 3 4"', "net[0].weight.data[:] = torch.tensor([[1, 2], [3, 4]])"),
        (
            f'{CONV}kernel = "0 1 0"\npad = "constant"\npadding = 1',
            "    nn.Conv2d(1, 1, (1, 3), padding=1, bias=False),",
        ),
        ('type = "normalize"\nmean = 1\nweight = 0', "net[0].weight.data[:] = torch.tensor([0])"),
        (
            'type = "threshold"\nlimit = 1\nabove = 2',
            "    Apply(lambda x: torch.where(x > 1, 2, 0).to(x.dtype)),",
        ),
    ],
)
def test_layers_are_modules(tmp_path, monkeypatch, layers, line):
    monkeypatch.chdir(tmp_path)
    Path("net.toml").write_text(f"[[layer]]\n{layers}\n")
    assert line in script("run", "net.toml").splitlines()


def test_a_safetensors_file_is_loaded_by_its_own_library(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    header = b'{"w": {"dtype": "F32", "shape": [1, 1, 1, 1], "data_offsets": [0, 4]}}'
    Path("w.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", 2))
    Path("net.toml").write_text(f'[[layer]]\n{CONV}weights = "w.safetensors:w"\n')
    printed = script("run", "net.toml").splitlines()
    assert "from safetensors.torch import load_file" in printed
    assert 'weights = load_file("w.safetensors")' in printed
    assert 'net[0].weight.data[:] = weights["w"]' in printed


def test_weights_at_a_url_are_refused():
    with pytest.raises(CannotTranslate, match="from a URL"):
        Modules("https://example.org/nets").set("weight", "w.npz:first")


def test_integers_of_an_array_are_not_scaled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("net.toml").write_text('[[layer]]\ntype = "relu"\n')
    assert "iinfo" not in script("run", "net.toml")
    ran = invoke("translate", "net.toml", "--to", "torch", "--input", "in.png")
    assert "x = x / (np.iinfo(pixels.dtype).max" in ran.out.decode()


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
    ran.check_refusal(3, "--ceil for max, min and average pooling")


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("layer", "says"),
    [
        (
            'type = "conv"\nkernel = "sobel-x"\npadding = 1\npad = "symmetric"',
            "no module for symmetric padding",
        ),
        ('type = "pool"\nmode = "median"', "no module for median pooling"),
        ('type = "pool"\npadding = [2, 0]', "with this padding"),
        (
            f'{CONV}kernel = "sobel"\ncombine = "none"\n[[layer]]\n{CONV}weights = [[[[1]], [[2]], [[3]]]]',
            "different channels",
        ),
    ],
)
def test_layers_without_a_module_are_refused(layer, says):
    Path("odd.toml").write_text(f"[[layer]]\n{layer}\n")
    invoke("translate", "odd.toml", "--to", "torch").check_refusal(3, says)


@pytest.mark.usefixtures("here")
def test_several_maps_need_an_array():
    ran = invoke("translate", "-k", "sobel-x", "-k", "sobel-y", "--to", "torch", "-o", "out.png")
    ran.check_refusal(2, "2 feature maps")
