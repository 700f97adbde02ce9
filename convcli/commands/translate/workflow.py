"""The workflow of ``convcli translate``: the options become an operation, and that becomes code."""

from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module

from convcli.choices import RangeMode
from convcli.commands.translate.operation import Files, Operation, StackFile, filtering, pooling
from convcli.commands.translate.spec import TranslateSpec
from convcli.errors import UsageError
from convcli.imaging.formats import format_of
from convcli.kernels.spec import kernel as load_kernel
from convcli.options.shared_options import KernelOptions
from convcli.options.specs import FilterSpec
from convcli.pipeline import messages
from convcli.pipeline.loaded_kernels import load_kernels

__all__ = ["lines_of"]


def lines_of(kernels: Sequence[str], spec: TranslateSpec, of_kernels: KernelOptions) -> list[str]:
    """Return the lines of code; notes on how kernels were read go to stderr."""
    if spec.call is not None:
        return [_line(spec.call, "".join(kernels), spec)]
    operation = _operation(kernels, spec, of_kernels)
    files = Files(spec.input or "input.png", spec.output or "output.png")
    target = import_module(f"convcli.commands.translate.targets.{spec.to}_target")
    return list(target.code(operation, files))


def _line(call: str, kernel_file: str, spec: TranslateSpec) -> str:
    """Return the command that means the same as a call; what differs is said on stderr."""
    from convcli.commands.translate.sources.python_calls import python_equivalent
    from convcli.commands.translate.sources.shell_calls import shell_equivalent

    found = shell_equivalent(call) or python_equivalent(call, kernel_file)
    if kernel_file and (found.kernel is None or found.kernel.spec != kernel_file):
        raise UsageError("-k has no effect: the call has its own kernel", hint="leave it out")
    if found.kernel and found.kernel.size and not kernel_file:
        load_kernel(found.kernel.spec)  # refuses what `filter` would
    found = replace(found, gray=found.gray or spec.gray, range=spec.range or found.range)
    written = spec.output or found.output
    floats = found.range is RangeMode.RAW and spec.range is None and written not in ("", "-")
    if floats and "float" not in format_of(written).depths:
        found = replace(found, range=None).noting(
            f"the call gives floats, which {written} cannot hold: they are cut to its range; a .npy can"
        )
    for note in found.remarks(spec.input or ""):
        messages.say(note)
    return found.line(spec.input or "", spec.output or "")


def _operation(kernels: Sequence[str], spec: TranslateSpec, of_kernels: KernelOptions) -> Operation:
    if spec.stack is not None:
        from convcli.stacks.stack import read_stack

        return StackFile(spec.stack, read_stack(spec.stack))
    if spec.pool is not None:
        return pooling(spec.pooling(whole=spec.whole, gray=spec.gray, range=spec.range))
    asked = FilterSpec(**vars(spec.sliding()), **vars(of_kernels), gray=spec.gray, range=spec.range)
    loaded = load_kernels(kernels, asked)
    for note in loaded.notes:
        messages.say(note)
    return filtering(loaded, asked)
