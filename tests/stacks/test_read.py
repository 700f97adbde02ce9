"""What a stack file may hold, and what is said of one that is broken."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convcli.errors import GeometryError, UsageError
from convcli.stacks.stack import Scale, read_stack
from convcli.stacks.trace import plan, run
from tests.stacks.helpers import stack_of, toml

# A layer of each type, to which its keys are added.
CONV, POOL, RELU, NORMALIZE, UPSAMPLE, LEAKY_RELU, POWER, THRESHOLD = (
    f"[[layer]]\ntype = '{kind}'\n"
    for kind in ("conv", "pool", "relu", "normalize", "upsample", "leaky-relu", "power", "threshold")
)
FOUR = [[[[1.0]]]]
TABLE: dict[str, tuple[str, str, str]] = {
    "no such file": ("", "no such stack file", "check the name"),
    "not TOML": ("layer = [", "is not TOML", "docs/stacks.md"),
    "not text": ("\udcff", "is not TOML", "docs/stacks.md"),
    "no layers": ("gray = true\n", "has no layers", "[[layer]]"),
    "layer is no table": ("layer = [1]\n", "has no layers", "[[layer]]"),
    "unknown top key": ("grey = true\n[[layer]]\ntype = 'relu'\n", "key 'grey'", "'gray'"),
    "unknown scale": ("scale = 'units'\n[[layer]]\ntype = 'relu'\n", "scale 'units'", "'unit'"),
    "gray is a word": ("gray = 'yes'\n[[layer]]\ntype = 'relu'\n", "gray is 'yes'", "true or false"),
    "gray ImageNet": (
        "gray = true\nscale = 'imagenet'\n[[layer]]\ntype = 'relu'\n",
        "exclude each other",
        "RGB",
    ),
    "no type": ("[[layer]]\nname = 'a'\n", "layer 1: type is missing", 'type = "conv"'),
    "unknown type": (RELU + "[[layer]]\ntype = 'cnv'\n", "layer 2 (cnv)", "'conv'"),
    "far from any type": ("[[layer]]\ntype = 'xyzzy'\n", "'xyzzy' is not known", "conv, pool"),
    "type is a number": ("[[layer]]\ntype = 3\n", "type is 3", "text"),
    "unknown key": (POOL + "sise = 2\n", "layer 1 (pool): key 'sise'", "'size'"),
    "key of another type": (RELU + "slope = 2\n", "key 'slope'", "choose from: name, type"),
    "no weights": (CONV, "neither weights nor kernel", "SPEC"),
    "both": (CONV + "kernel = 'box'\nweights = [[[[1]]]]\n", "both weights", "SPEC"),
    "2-D weights": (CONV + "weights = [[1, 2]]\n", "weights are 1 x 2", "kernel = ..."),
    "5-D weights": (CONV + "weights = [[[[[1]]]]]\n", "5 axes", ""),
    "ragged": (CONV + "weights = [[[[1, 2], [3]]]]\n", "row 2", ""),
    "NaN": (CONV + "weights = [[[[nan]]]]\n", "not finite", "replace"),
    "bias of another length": (
        CONV + "weights = [[[[1]]]]\nbias = [1, 2]\n",
        "bias has 2 numbers for 1 outputs",
        "each output",
    ),
    "bias of two axes": (CONV + "weights = [[[[1]]]]\nbias = [[1]]\n", "bias has 2 axes", "each channel"),
    "groups": (CONV + "weights = [[[[1]]]]\ngroups = 2\n", "1 outputs do not divide into 2 groups", "groups"),
    "unknown kernel": (CONV + "kernel = 'sobl'\n", "kernel 'sobl'", "'sobel'"),
    "kernel from stdin": (CONV + "kernel = '-'\n", "stdin", "name a file"),
    "kernel is a number": (CONV + "kernel = 3\n", "kernel is 3", "SPEC"),
    "missing kernel file": (CONV + "kernel = 'k.npy'\n", "k.npy", ""),
    "orientation of one": (
        CONV + "kernel = 'box'\ncombine = 'orientation'\n",
        "needs two kernels, not 1",
        "sobel",
    ),
    "stride 0": (CONV + "kernel = 'box'\nstride = 0\n", "stride 0 is too small", "columns"),
    "three strides": (POOL + "stride = [1, 2, 3]\n", "stride [1, 2, 3]", "columns"),
    "stride 1.5": (POOL + "stride = 1.5\n", "stride 1.5", "columns"),
    "negative padding": (POOL + "padding = -1\n", "padding -1", "same"),
    "padding word": (POOL + "padding = 'some'\n", "padding 'some'", "same"),
    "unknown pad": (CONV + "kernel = 'box'\npad = 'reflct'\n", "'reflct'", "'reflect'"),
    "pad value unused": (
        CONV + "kernel = 'box'\npad_value = 2\n",
        "pad_value has no effect with pad zero",
        "constant",
    ),
    "valid and padding": (
        CONV + "kernel = 'box'\npad = 'valid'\npadding = 1\n",
        "contradicts pad 'valid'",
        "leave one",
    ),
    "unknown mode": (POOL + "mode = 'maximum'\n", "pooling mode 'maximum'", "'max'"),
    "ceil is a number": (POOL + "ceil = 1\n", "ceil is 1", "true or false"),
    "global and size": (POOL + "global = true\nsize = 3\n", "global and size", "leave one"),
    "norm 0": (POOL + "mode = 'lp'\nnorm = 0\n", "norm 0", "1, 2"),
    "made up pixels always count": (
        POOL + "mode = 'avg'\npad = 'wrap'\ncount_include_pad = false\n",
        "always count",
        "leave one",
    ),
    "slope is a word": (LEAKY_RELU + "slope = 'a'\n", "slope is 'a'", "finite number"),
    "no exponent": (POWER, "exponent is missing", "dark pixels"),
    "exponent 0": (POWER + "exponent = 0\n", "exponent 0 is not above 0", "0.5"),
    "slope is infinite": (LEAKY_RELU + "slope = inf\n", "slope is inf", "finite number"),
    "no limit": (THRESHOLD, "limit is missing", "above it"),
    "no statistics": (NORMALIZE, "mean and std are missing", "statistics"),
    "std and variance": (NORMALIZE + "std = 1\nvariance = 1\n", "both given", "leave one"),
    "std 0": (NORMALIZE + "std = [1, 0]\n", "above 0", ""),
    "negative variance": (NORMALIZE + "mean = 0\nvariance = -1\n", "above 0", ""),
    "eps without variance": (NORMALIZE + "std = 1\neps = 1\n", "eps belongs", "leave eps"),
    "factor 0": (UPSAMPLE + "factor = 0\n", "factor 0", "columns"),
    "cubic": (UPSAMPLE + "mode = 'cubic'\n", "'cubic'", "bilinear"),
    "no tensor's name": (CONV + "weights = 'w.npz'\n", "holds 3 tensors", "conv1.weight"),
    "misspelt tensor": (
        CONV + "weights = 'w.npz:conv1.wieght'\n",
        "'w.npz' holds no tensor 'conv1.wieght'",
        "did you mean 'conv1.weight'",
    ),
    "a tensor far from any": (
        CONV + "weights = 'w.npz:zzzz'\n",
        "no tensor 'zzzz'",
        "it holds: conv1.weight, conv1.bias, conv2.weight",
    ),
    "misspelt in safetensors": (
        CONV + "weights = 's.safetensors:features.0.wait'\n",
        "no tensor 'features.0.wait'",
        "did you mean 'features.0.weight'",
    ),
    "missing statistics": (
        NORMALIZE + "statistics = 'w.npz:bn1'\n",
        "no tensor 'bn1.running_mean'",
        "it holds",
    ),
    "no such tensor file": (CONV + "weights = 'gone.npz:a'\n", "no such file: 'gone.npz'", "relative"),
    "broken tensor file": (CONV + "weights = 'bad.npz:a'\n", "'bad.npz' cannot be read", ""),
    "a pickled file": (CONV + "weights = 'net.pt:a'\n", "run code", ".safetensors"),
    "words for weights": (CONV + "weights = 'sobel'\n", "does not name a tensor", "nested"),
    "channels between layers": (
        toml(
            [
                {"type": "conv", "weights": np.ones((4, 3, 1, 1))},
                {"type": "relu"},
                {"type": "conv", "name": "second", "weights": np.ones((2, 5, 1, 1))},
            ]
        ),
        "layer 3 (conv 'second') expects 5 channels, and gets 4",
        "2 x 5 x 1 x 1",
    ),
    "channels of groups": (
        toml([{"type": "conv", "weights": np.ones((4, 2, 1, 1)), "groups": 2}], gray=True),
        "layer 1 (conv 'conv1') expects 4 channels in 2 groups, and gets 1",
        "channels of a group",
    ),
    "channels of a kernel array": (
        toml([{"type": "conv", "kernel": np.ones((2, 3, 3))}], scale="imagenet"),
        "expects 2 channels, and gets 3",
        "channels first",
    ),
    "channels of statistics": (
        toml([{"type": "normalize", "mean": [1, 2], "std": 1}], gray=True),
        "layer 1 (normalize 'normalize1') expects 2 channels, and gets 1",
        "each channel",
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    from safetensors.numpy import save_file

    one = np.ones((1, 1, 1, 1), np.float32)
    np.savez(tmp_path / "w.npz", **{"conv1.weight": one, "conv1.bias": one[0, 0, 0], "conv2.weight": one})
    save_file({"features.0.weight": one, "features.2.weight": one}, tmp_path / "s.safetensors")
    (tmp_path / "bad.npz").write_bytes(b"nonsense")
    return tmp_path


@pytest.mark.parametrize(("text", "says", "hint"), TABLE.values(), ids=TABLE)
def test_broken_stacks(folder: Path, text: str, says: str, hint: str) -> None:
    path = folder / "net.toml"
    if text:
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(UsageError) as caught:
        read_stack(str(path))
    error = caught.value
    assert error.exit_status == 2
    assert says in error.message
    assert "net.toml" in error.message
    assert hint in error.hint
    assert error.hint
    assert "\n" not in error.message + error.hint


def test_defaults(tmp_path: Path) -> None:
    stack = stack_of(tmp_path, {"type": "relu"}, {"type": "relu"}, {"type": "relu", "name": "last one"})
    assert (stack.name, stack.scale, stack.gray) == ("stack", Scale.UNIT, False)
    assert [layer.name for layer in stack.layers] == ["relu1", "relu2", "last one"]


def test_paths_are_relative_to_the_stack(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    np.save(folder / "k.npy", np.ones((3, 3)))
    np.save(folder / "w4.npy", np.full((1, 1, 1, 1), 2.0))
    stack = stack_of(
        folder,
        {"type": "conv", "weights": "w.npz:conv1.weight", "bias": "w.npz:conv1.bias"},
        {"type": "conv", "weights": "s.safetensors:features.0.weight"},
        {"type": "conv", "kernel": "k.npy"},
        {"type": "conv", "weights": "w4.npy"},
    )
    result, _ = run(stack, np.zeros((1, 3, 3)))
    assert result.tolist() == [[[18.0]]]


def test_one_tensor_needs_no_name(tmp_path: Path) -> None:
    np.savez(tmp_path / "one.npz", only=np.ones((2, 1, 1, 1)))
    stack = stack_of(tmp_path, {"type": "conv", "weights": "one.npz"})
    assert run(stack, np.ones((1, 2, 2)))[0].shape == (2, 2, 2)


SIZES: dict[str, tuple[list[dict[str, Any]], tuple[int, int, int], str]] = {
    "nothing is left": (
        [{"type": "pool", "size": 2}, {"type": "pool", "name": "late", "size": 3}],
        (1, 5, 9),
        "layer 2 (pool 'late') leaves nothing: its window 3x3 is larger than the 2x4 that reach it",
    ),
    "with padding": (
        [{"type": "conv", "kernel": "box:size=7", "padding": 1}],
        (1, 4, 9),
        "window 7x7 is larger than the 4x9 (padded to 6x11) that reach it",
    ),
    "the input's channels": (
        [{"type": "relu"}, {"type": "conv", "weights": np.ones((2, 3, 1, 1))}],
        (4, 5, 5),
        "layer 2 (conv 'conv1') expects 3 channels, and gets 4",
    ),
    "windows of padding alone": (
        [{"type": "pool", "size": 2, "padding": 2}],
        (1, 5, 5),
        "layer 1 (pool 'pool1'): padding",
    ),
}


@pytest.mark.parametrize(("layers", "shape", "says"), SIZES.values(), ids=SIZES)
def test_inputs_that_do_not_fit(
    tmp_path: Path, layers: list[dict[str, Any]], shape: tuple[int, int, int], says: str
) -> None:
    stack = stack_of(tmp_path, *layers)
    with pytest.raises(GeometryError) as caught:
        run(stack, np.ones(shape))
    assert caught.value.exit_status == 1
    assert says in caught.value.message
    assert caught.value.hint


def test_counts_by_hand(tmp_path: Path) -> None:
    stack = stack_of(
        tmp_path,
        {"type": "conv", "weights": np.ones((4, 3, 3, 3)), "bias": [1, 2, 3, 4], "padding": 1},
        {"type": "normalize", "mean": 0, "variance": 1, "weight": [1] * 4, "bias": [0] * 4},
        {"type": "conv", "kernel": "sobel", "combine": "none"},
        {"type": "pool", "size": 2},
    )
    traces = plan(stack, (3, 10, 12))
    assert [trace.shape for trace in traces] == [(4, 10, 12), (4, 10, 12), (8, 8, 10), (8, 4, 5)]
    assert [trace.parameters for trace in traces] == [4 * 27 + 4, 8, 18, 0]
    assert [trace.macs for trace in traces] == [27 * 480, 480, 9 * 640, 0]
    assert [trace.receptive_field for trace in traces] == [(3, 3), (3, 3), (5, 5), (6, 6)]
