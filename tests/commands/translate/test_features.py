"""The table of docs/translate.md: what is stored is what is printed now, and Python's code runs again."""

import json

import pytest

from convcli.choices import Tool
from tests.cases.make_translate_features import FEATURES, WHERE, difference, inputs, status

STORED = json.loads(WHERE.read_text())
# Tools that are tested wherever the tests run, with a feature of each kind.
LIVE = ("`--pad reflect`", "`--stride`", "max pooling")


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    inputs()


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("tool", Tool)
def test_what_each_tool_has_is_as_stored(tool):
    # Where this changes: tests/cases/make_translate_features.py, then docs/make_translate.py.
    now = {feature: status(tool, feature) for feature in FEATURES}
    stored = {feature: cell if cell[0] == "refused" else cell[:1] for feature, cell in STORED[tool].items()}
    assert now == stored


def test_the_tools_gave_what_we_give():
    assert set(STORED) == set(Tool)
    apart = [cell[1] for cells in STORED.values() for cell in cells.values() if cell[0] != "refused"]
    assert len(apart) > 200
    assert max(apart) <= 1


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("tool", ["numpy", "scipy", "opencv", "skimage"])
def test_scripts_run_here_too(tool):
    for feature in LIVE:
        assert difference(Tool(tool), feature) <= 1
