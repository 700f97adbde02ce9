"""docs/learn.md names what the options of `learn` are; its commands are run by test_commands.py."""

import re

import typer

from convcli.cli import app
from tests.paths import ROOT

PAGE = (ROOT / "docs" / "learn.md").read_text("utf-8")


def test_every_option_that_is_named_is_there() -> None:
    learn = typer.main.get_command(app).commands["learn"]
    options = {name for option in learn.params for name in (*option.opts, *option.secondary_opts)}
    named = set(re.findall(r"`(--[a-z0-9-]+)", PAGE))
    assert named <= options
    assert {"--per-channel", "--holdout", "--keep-saturated", "--l2", "--lr"} <= named
