"""Functions that fail, to stand in for those of the system."""

import os
from collections.abc import Callable
from typing import NoReturn


def failing(number: int, path: object = None) -> Callable[..., NoReturn]:
    """Return a function that raises the system's error of this number, whatever it is given."""

    def fail(*_: object, **__: object) -> NoReturn:
        raise OSError(number, os.strerror(number), path)

    return fail
