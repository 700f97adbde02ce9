"""Reads another tool's call, as code of Python or as a line of the shell."""

import shlex

from convcli.commands.translate.sources.equivalent import Equivalent
from convcli.errors import UsageError

__all__ = ["equivalent"]


def equivalent(text: str, kernel_file: str = "") -> Equivalent:
    """Return the command that means the same as the call in `text`; `kernel_file` holds its kernel."""
    from convcli.commands.translate.sources.python_calls import python_equivalent
    from convcli.commands.translate.sources.shell_calls import PROGRAMS, shell_equivalent

    try:
        words = shlex.split(text.strip().removeprefix("$ "))
    except ValueError:
        words = []
    if words and words[0].rpartition("/")[2] in PROGRAMS:
        made = shell_equivalent(words)
    else:
        made = python_equivalent(text, kernel_file)
    if kernel_file and (made.kernel is None or made.kernel.spec != kernel_file):
        raise UsageError("-k has no effect: the call has its own kernel", hint="leave it out")
    return made
