"""PyTorch: `F.conv2d` and the poolings of `torch.nn.functional`; stacks become an `nn.Sequential`."""

from collections.abc import Iterator

from convcli.choices import Combine
from convcli.commands.translate.literals import number
from convcli.commands.translate.operation import (
    Files,
    Filtering,
    KernelPart,
    MapOf,
    Operation,
    Pooling,
    StackFile,
)
from convcli.commands.translate.python_script import check_files, feature_maps, imports_of, reading, writing
from convcli.commands.translate.targets.torch_pool import pooled
from convcli.commands.translate.targets.torch_stack import network
from convcli.commands.translate.targets.torch_words import (
    IMPORTS,
    padded,
    pads_itself,
    tensor_lines,
    window_words,
)
from convcli.errors import UsageError

__all__ = ["code"]


def code(operation: Operation, files: Files) -> Iterator[str]:
    """Return a script."""
    check_files(files)
    if isinstance(operation, StackFile):
        body = list(network(operation, files))
    else:
        several = feature_maps(operation, files)
        body = [*reading(files, gray=operation.gray), *_work(operation, several)]
        body += writing(files, operation.range, several)
    yield from imports_of(body, IMPORTS)
    yield ""
    yield from body


def _work(operation: Filtering | Pooling, several: int) -> Iterator[str]:
    """Return the lines between reading and writing: ``x`` is an array at first, and ``y`` at the end."""
    if operation.gray:
        yield "x = torch.from_numpy(x)[None, None]"
    else:
        yield "# Every channel is treated alike: together they are a batch of pictures of one channel."
        yield "x = torch.from_numpy(np.atleast_3d(x).transpose(2, 0, 1).copy())[:, None]"
    sums = False
    if isinstance(operation, Pooling):
        yield from pooled(operation)
    else:
        yield from _filtered(operation)
        sums = any(part.weights.ndim == 3 for one in operation.maps for part in one.parts)
    if several:
        yield "y = y.permute(2, 3, 1, 0).numpy()"
    elif operation.gray or sums:
        yield "y = y[0, 0].numpy()"
    else:
        yield "y = (y[0, 0] if pixels.ndim == 2 else y[:, 0].permute(1, 2, 0)).numpy()"


def _filtered(operation: Filtering) -> Iterator[str]:
    count = sum(len(one.parts) for one in operation.maps)
    names = iter(["k"] if count == 1 else [f"k{place}" for place in range(1, count + 1)])
    several = len(operation.maps) > 1 and not operation.chain
    for place, one in enumerate(operation.maps, 1):
        last = place == len(operation.maps)
        result = f"y{place}" if several else "x" if operation.chain and not last else "y"
        yield from _once(_map(one, names, result, convolve=operation.convolve))
    if several:
        results = ", ".join(f"y{place}" for place in range(1, len(operation.maps) + 1))
        yield f"y = torch.cat([{results}], 1)"
    if operation.bias:
        yield f"y = y + {number(operation.bias)}"


def _once(lines: Iterator[str]) -> Iterator[str]:
    """Leave out comments that were made before, and padding that is done already."""
    made = set[str]()
    for line in lines:
        if not (line in made and line.startswith(("#", "padded ="))):
            yield line
        if line.startswith("padded ="):
            made = {one for one in made if one.startswith("#")}
        made.add(line)


def _map(one: MapOf, names: Iterator[str], result: str, *, convolve: bool) -> Iterator[str]:
    """Return the lines that compute one feature map, of one part or of several."""
    if one.how is None:
        yield from _slide(one.parts[0], next(names), result, convolve=convolve)
        return
    parts = [f"part{place}" for place in range(1, len(one.parts) + 1)]
    for part, name in zip(one.parts, parts, strict=True):
        yield from _slide(part, next(names), name, convolve=convolve)
    yield f"{result} = {_combined(parts, one.how)}"


def _combined(parts: list[str], how: Combine) -> str:
    listed = ", ".join(parts)
    if how is Combine.SUM:
        return " + ".join(parts)
    if how is Combine.MAX:
        return f"torch.maximum({listed})" if len(parts) == 2 else f"torch.stack([{listed}]).amax(0)"
    if how is Combine.ORIENTATION:
        if len(parts) != 2:
            raise UsageError(
                f"orientation needs two maps, not {len(parts)}", hint="use a pair such as sobel-x and sobel-y"
            )
        return "torch.rad2deg(torch.atan2(part2 + 0.0, part1 + 0.0))"
    return f"torch.hypot({listed})" if len(parts) == 2 else f"torch.stack([{listed}]).square().sum(0).sqrt()"


def _slide(part: KernelPart, name: str, result: str, *, convolve: bool) -> Iterator[str]:
    """Return the lines that slide one kernel."""
    window, weights = part.window, part.weights
    turned = convolve and not (weights == part.rotated).all()
    if turned:
        yield "# F.conv2d does not rotate the kernel by 180 degrees: flip does."
    yield from tensor_lines(name, part.rotated + 0.0 if turned else weights)
    given, arguments = (
        "x" if weights.ndim == 2 else "x.transpose(0, 1)",
        list(window_words(window, padding=False)),
    )
    if pads_itself(window):
        arguments = list(window_words(window, padding=True))
    else:
        yield from padded(window)
        given = given.replace("x", "padded", 1)
    flip = ".flip(-2, -1)" if turned else ""
    axes = "[None, None]" if weights.ndim == 2 else "[None]"
    call = ", ".join((given, f"{name}{flip}{axes}", *arguments))
    bias = f" + {number(part.bias)}" if part.bias else ""
    yield f"{result} = F.conv2d({call}){bias}"
