"""Labels of feature maps, which name files: no two alike, whatever the kernels are called."""

from pathlib import Path

import numpy as np
import pytest

from convcli.options.specs import FilterSpec
from convcli.pipeline.loaded_kernels import load_kernels
from tests.program import Convcli

LABELS = {
    "once each": (["a", "b"], ["a", "b"]),
    "twice": (["a", "a"], ["a-1", "a-2"]),
    "a number that is taken": (["B", "B", "B-1"], ["B-2", "B-3", "B-1"]),
    "taken before": (["B-1", "B", "B"], ["B-1", "B-2", "B-3"]),
    "taken twice": (["B", "B-1", "B", "B-2", "B-1"], ["B-3", "B-1-1", "B-4", "B-2", "B-1-2"]),
    "case": (["Edge", "edge", "EDGE-1"], ["Edge-2", "edge-3", "EDGE-1"]),
    "what becomes a dash": (["a b", "a?b", "a-b"], ["a-b-1", "a-b-2", "a-b-3"]),
    "cut to one length": (["n" * 61, "n" * 62], ["n" * 60 + "-1", "n" * 60 + "-2"]),
}


@pytest.mark.parametrize(("stems", "labels"), LABELS.values(), ids=LABELS)
def test_labels_are_all_different(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stems: list[str], labels: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for number, stem in enumerate(stems):
        Path(str(number)).mkdir()
        np.save(Path(str(number), f"{stem}.npy"), np.full((1, 1), number))
    specs = [f"{number}/{stem}.npy" for number, stem in enumerate(stems)]
    found = load_kernels(specs, FilterSpec())
    assert list(found.labels) == labels
    assert len({label.casefold() for label in found.labels}) == len(stems)


def test_components_and_a_kernel_of_their_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    np.save("two.npy", np.ones((2, 1, 1, 1)))
    np.save("two-0.npy", np.ones((1, 1)))
    labels = load_kernels(["two.npy", "two-0.npy"], FilterSpec()).labels
    assert labels == ("two-0-1", "two-1", "two-0-2")


def test_thousands_of_one_label_are_numbered_at_once() -> None:
    labels = load_kernels(["box"] * 5000, FilterSpec()).labels
    assert labels[0] == "box-1"
    assert labels[-1] == "box-5000"


def test_each_result_has_a_file(convcli: Convcli) -> None:
    """Kernels that multiply by 1, 2 and 3: each file tells whose it is."""
    np.save("x.npy", np.ones((2, 2), np.float32))
    for number, name in enumerate(("B", "sub/B", "B-1"), 1):
        Path(name).parent.mkdir(exist_ok=True)
        np.save(f"{name}.npy", np.full((1, 1), number))
    ran = convcli("filter", "x.npy", "-k", "B.npy", "-k", "sub/B.npy", "-k", "B-1.npy")
    paths = ran.out.decode().split()
    assert [float(np.load(path)[0, 0]) for path in paths] == [1, 2, 3]
    assert len(set(paths)) == 3
