"""``convcli translate``: a filter as code for another tool, and back."""

import typer

from convcli.commands.translate.spec import TranslateSpec
from convcli.options import shared_options
from convcli.options.option_groups import with_options
from convcli.options.typer_parsers import Command
from convcli.pipeline import messages

__all__ = ["register"]

# Pooling, a stack or a call may be given instead of kernels.
NO_KERNELS: list[str] = []


def register(app: typer.Typer) -> None:
    """Add the command to `app`."""
    app.command("translate", cls=Command)(with_options(translate))


def translate(
    *,
    kernel: shared_options.KernelOption = NO_KERNELS,
    spec: TranslateSpec,
    of_kernels: shared_options.KernelOptions,
) -> None:
    """Write a filter as another tool's code, or read its calls.

    The code runs as it is printed and gives the same numbers: it has the tool's own border name, anchor, flip
    and scale, and a comment where they differ from convcli's. What the tool cannot do is an error, with exit
    status 3. Python scripts read pictures with Pillow, and do not need convcli.

    Examples
    --------
    # a script for SciPy
    convcli translate -k gaussian:sigma=1.2 -p symmetric --to scipy --input in.png --output out.npy

    # max pooling, for OpenCV
    convcli translate --pool max --size 3 --stride 1 --padding same --to opencv

    # a network that loads the same weights
    convcli translate sample_images/stacks/small.toml --to torch

    # back, from another tool's call
    convcli translate --from "cv2.blur(x, (3, 3))" --input in.png
    """
    spec.check_one(kernel, vars(of_kernels))
    from convcli.commands.translate.workflow import lines_of  # here, as NumPy comes with it

    lines = lines_of(kernel, spec, of_kernels)
    # Names of files may have bytes that are not UTF-8.
    messages.product("".join(f"{line}\n" for line in lines).encode(errors="surrogateescape"))
