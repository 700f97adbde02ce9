"""Reads Python code that filters or pools: its last call, by its syntax tree. Nothing is ever run."""

import ast
from collections.abc import Sequence
from dataclasses import replace

from convcli.choices import RangeMode
from convcli.commands.translate.sources.arguments import NO_PICTURE, Arguments, Picture, Table, bound
from convcli.commands.translate.sources.equivalent import Equivalent
from convcli.commands.translate.sources.literals import KEEPING, Named, dotted, not_understood, value_of
from convcli.commands.translate.sources.opencv_calls import OPENCV
from convcli.commands.translate.sources.pillow_calls import FIXED, PILLOW, fixed
from convcli.commands.translate.sources.scipy_calls import NDIMAGE, SIGNAL, SKIMAGE
from convcli.commands.translate.sources.torch_calls import TORCH, TORCH_MODULES, padded_by
from convcli.errors import CannotTranslate, UsageError, shown, unknown

__all__ = ["LIBRARIES", "python_equivalent"]

# The calls of each library, and the names by which its users import it.
LIBRARIES: tuple[tuple[str, Table, frozenset[str]], ...] = (
    ("scipy.ndimage", NDIMAGE, frozenset(("ndimage", "ndi", "nd", "sp.ndimage"))),
    ("scipy.signal", SIGNAL, frozenset(("signal", "sp.signal"))),
    ("cv2", OPENCV, frozenset(("cv",))),
    ("torch.nn.functional", TORCH, frozenset(("F", "nn.functional", "torch"))),
    ("torch.nn", TORCH_MODULES, frozenset(("nn",))),
    ("PIL.ImageFilter", PILLOW, frozenset(("ImageFilter",))),
    ("skimage.filters", SKIMAGE, frozenset(("filters", "ski.filters"))),
)
# Functions and methods that read a picture from a file.
_READING = frozenset(("imread", "open", "load"))
_PADDING = frozenset(("F.pad", "nn.functional.pad", "torch.nn.functional.pad"))
# Code that is longer is refused unread, in characters.
_LONGEST = 1 << 20


def python_equivalent(code: str, kernel_file: str = "") -> Equivalent:
    """Return the command that means the same as the call in `code`, whose result may be assigned."""
    wrong = UsageError(
        f"{shown(code)} is no call", hint="write one such as cv2.blur(x, (3, 3)), or a line of the shell"
    )
    try:
        parsed = ast.parse(code.strip()).body if len(code) <= _LONGEST else []
        match parsed:
            case [ast.Expr(value=call) | ast.Assign(value=call)]:
                return _read(call, kernel_file)
            case [_, _, *_]:
                raise UsageError("--from reads one call, without lines before it", hint="give the call alone")
            case _:
                raise wrong
    except UsageError:
        raise
    except (SyntaxError, ValueError, MemoryError, RecursionError):  # ValueError: a null character
        raise wrong from None


def _read(node: ast.expr, kernel_file: str) -> Equivalent:
    """Read a call, or what makes pixels of its result."""
    if not isinstance(node, ast.Call):
        return _named(node, NO_PICTURE)
    if _last(node) == "convertScaleAbs" and len(node.args) == 1 and not node.keywords:
        return replace(_read(node.args[0], kernel_file), range=RangeMode.ABS)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "filter" and len(node.args) == 1:
        picture, what = _picture(node.func.value), node.args[0]
        picture = picture._replace(file=picture.file.replace(".npy", ".png"), named="")
        return _called(what, kernel_file, picture) if isinstance(what, ast.Call) else _named(what, picture)
    if isinstance(node.func, ast.Call) and len(node.args) == 1:  # nn.MaxPool2d(2)(x)
        return _called(node.func, kernel_file, _picture(node.args[0]))
    return _called(node, kernel_file, NO_PICTURE)


def _named(node: ast.expr, picture: Picture) -> Equivalent:
    """Read a filter of Pillow without parameters, such as ``ImageFilter.BLUR``."""
    name = dotted(node).rpartition(".")[2]
    if name not in FIXED:
        raise UsageError(
            f"{shown(ast.unparse(node))} is no call", hint="write one such as cv2.blur(x, (3, 3))"
        )
    return fixed(name, Arguments(f"ImageFilter.{name}", {}, picture))


def _called(node: ast.Call, kernel_file: str, picture: Picture) -> Equivalent:
    library, table = _library(dotted(node.func) or ast.unparse(node.func))
    last = _last(node)
    full = f"{library}.{last}"
    if last not in table:
        raise unknown(f"function of {library}", last, table, CannotTranslate)
    parameters, reader = table[last]
    given, keywords = list(node.args), {word.arg: word.value for word in node.keywords}
    if None in keywords or any(isinstance(each, ast.Starred) for each in given):
        raise UsageError(f"{full}: * and ** are not understood", hint="write the arguments out")
    if library not in ("torch.nn", "PIL.ImageFilter"):  # the first argument is the picture
        first, _, parameters = parameters.partition(" ")
        source = given.pop(0) if given else keywords.pop(first, None)
        if source is None:
            raise UsageError(f"{full}: {first} is missing", hint=f"give {first}")
        picture = _picture(source)
    return reader(_bound(full, parameters, given, keywords, picture, kernel_file))


def _bound(
    full: str,
    parameters: str,
    given: Sequence[ast.expr],
    keywords: dict[str | None, ast.expr],
    picture: Picture,
    kernel_file: str = "",
) -> Arguments:
    named = {str(key): value_of(each) for key, each in keywords.items()}
    return bound(full, parameters, list(map(value_of, given)), named, picture, kernel_file)


def _library(name: str) -> tuple[str, Table]:
    """Return the library of a function, by what is before its last dot, or by its name alone."""
    before, _, last = name.rpartition(".")
    found = [
        (library, table)
        for library, table, names in LIBRARIES
        if (before in (library, *names) if before else last in table)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        choices = " or ".join(f"{library}.{last}" for library, _ in found)
        raise UsageError(f"{last} is a function of several libraries", hint=f"write {choices}")
    known = ", ".join(library for library, _, _ in LIBRARIES)
    raise UsageError(
        f"{shown(name)} is no function that is known", hint=f"of these libraries some are: {known}"
    )


def _picture(node: ast.expr) -> Picture:
    """Return the picture that a call is given: by name, from a file, padded before or not."""
    if name := dotted(node):
        last = name.rpartition(".")[2]
        return Picture(f"{last}.npy", named=name)
    match node:
        case ast.Call(func=ast.Attribute(attr="convert", value=source), args=[ast.Constant(value="L")]):
            return _picture(source)._replace(gray=True)
        case ast.Call(args=[ast.Constant(value=str() as file), *rest]) if _last(node) in _READING:
            gray = list(map(value_of, rest)) in ([0.0], [Named("cv2.IMREAD_GRAYSCALE")])
            return Picture(file, gray=gray)
        case ast.Call(args=[padded, *widths], keywords=words) if dotted(node.func) in _PADDING:
            keywords = {word.arg: word.value for word in words}
            return padded_by(
                _bound("F.pad", "pad mode value", widths, keywords, NO_PICTURE), _picture(padded)
            )
        case ast.Call(func=ast.Attribute(value=source, attr=method)) if method in KEEPING:
            return _picture(source)
        case ast.Subscript(value=source):
            if set(ast.unparse(node.slice).strip("()").split(", ")) <= {"None", "np.newaxis", "..."}:
                return _picture(source)
    raise not_understood(node)


def _last(node: ast.Call) -> str:
    return dotted(node.func).rpartition(".")[2]
