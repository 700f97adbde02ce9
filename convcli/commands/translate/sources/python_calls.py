"""Reads Python code that filters or pools: its last call, by its syntax tree. Nothing is ever run."""

import ast
from contextlib import suppress
from dataclasses import replace

from convcli.choices import RangeMode
from convcli.commands.translate.sources.arguments import NO_PICTURE, Arguments, Picture, Table, bound
from convcli.commands.translate.sources.equivalent import Equivalent
from convcli.commands.translate.sources.literals import FLOATS, KEEPING, MODULES, Named, dotted, value_of
from convcli.commands.translate.sources.opencv_calls import OPENCV
from convcli.commands.translate.sources.pillow_calls import PILLOW
from convcli.commands.translate.sources.scipy_calls import NDIMAGE, SIGNAL, SKIMAGE
from convcli.commands.translate.sources.torch_calls import TORCH, TORCH_MODULES, padded_by
from convcli.display.words import listed
from convcli.errors import CannotTranslate, ConvcliError, UsageError, shown, unknown

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
_LONGEST = 1 << 17


def python_equivalent(code: str, kernel_file: str = "") -> Equivalent:
    """Return the command that means the same as the call in `code`, whose result may be assigned."""
    try:
        parsed = ast.parse(code.strip()).body if len(code) <= _LONGEST else []
        match parsed:
            case [*before, ast.Expr(value=call) | ast.Assign(value=call)]:
                names = _Assigned()
                for line in before:
                    names.read(line)
                return _read(names.visit(call), kernel_file)
    except UsageError:
        raise
    except (SyntaxError, ValueError, MemoryError, RecursionError):  # ValueError: a null character
        pass
    raise _no_call(code)


def _no_call(code: str) -> UsageError:
    return UsageError(
        f"{shown(code)} is no call", hint="write one such as cv2.blur(x, (3, 3)), or a line of the shell"
    )


class _Assigned(ast.NodeTransformer):
    """Replaces names by the values that lines before the call give them, if those are understood."""

    def __init__(self) -> None:
        self.values: dict[str, ast.expr] = {}
        self.length = 0

    def read(self, line: ast.stmt) -> None:
        """Take the value of ``k = np.ones((3, 3))``; skip imports."""
        match line:
            case ast.Import() | ast.ImportFrom():
                return
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.values[name] = self.visit(value)
                if not _understood(self.values[name]):
                    del self.values[name]
            case _:
                raise UsageError(
                    f"the line {shown(ast.unparse(line))} before the call is not read",
                    hint="give the call alone",
                )

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """Return the value of a name."""
        value = self.values.get(node.id, node)
        self.length += len(ast.unparse(value))
        if self.length > _LONGEST:
            raise UsageError("the lines before the call are too long", hint="give the call alone")
        return value


def _understood(value: ast.expr) -> bool:
    for read in (value_of, _picture):
        with suppress(ConvcliError):
            read(value)
            return True
    return False


def _read(node: ast.expr, kernel_file: str) -> Equivalent:
    """Read a call, a filter of Pillow without parameters, or ``convertScaleAbs`` around a call."""
    picture, what = NO_PICTURE, node
    match node:
        case ast.Call(args=[inner], keywords=[]) if _last(node) == "convertScaleAbs":
            return replace(_read(inner, kernel_file), range=RangeMode.ABS)
        case ast.Call(func=ast.Attribute(attr="filter", value=source), args=[what]):
            picture = _picture(source)
            picture = picture._replace(file=picture.file.replace(".npy", ".png"), named="")
        case ast.Call(func=ast.Call() as what, args=[source]):  # nn.MaxPool2d(2)(x)
            picture = _picture(source)
    call = what if isinstance(what, ast.Call) else ast.Call(what, [], [])
    found = _libraries(call)
    if not found:
        raise _not_known(node)
    if len(found) > 1:
        choices = " or ".join(f"{library}.{_last(call)}" for library, _ in found)
        raise UsageError(f"{_last(call)} is a function of several libraries", hint=f"write {choices}")
    library, table = found[0]
    full = f"{library}.{_last(call)}"
    if full == "torch.nn.Conv2d":
        raise CannotTranslate(f"{full} has weights of its own", hint="write F.conv2d(x, k)")
    if _last(call) not in table:
        if any(_last(each) in table for each in ast.walk(call) if isinstance(each, ast.Call)):
            raise _not_known(node)
        raise unknown(f"function of {library}", _last(call), table, CannotTranslate)
    parameters, reader = table[_last(call)]
    given = bound(full, parameters, call)
    if library not in ("torch.nn", "PIL.ImageFilter"):  # the first argument is the picture
        first = parameters.split()[0]
        if first not in given:
            raise UsageError(f"{full}: {first} is missing", hint=f"give {first}")
        picture = _picture(given.pop(first))
    return reader(Arguments(full, given, picture, kernel_file))


def _libraries(call: ast.Call) -> list[tuple[str, Table]]:
    """Return the libraries of a function, by what is before its last dot, or by its name alone."""
    before, _, last = dotted(call.func).rpartition(".")
    return [
        (library, table)
        for library, table, names in LIBRARIES
        if (before in (library, *names) if before else last in table)
    ]


def _not_known(node: ast.expr) -> ConvcliError:
    """Return the error for code that calls no function of these libraries, or has such a call inside."""
    code = shown(ast.unparse(node))
    calls = [each for each in ast.walk(node) if isinstance(each, ast.Call)]
    if any(_libraries(each) or (_last(each) == "filter" and each is not node) for each in calls):
        return CannotTranslate(
            f"what is done around the call in {code} is not translated",
            hint="give the call alone, and see --range and --combine of convcli filter",
        )
    if not calls:
        return _no_call(ast.unparse(node))
    known = listed([library for library, _, _ in LIBRARIES], "or")
    return UsageError(f"{code} calls no function that is known", hint=f"write one of {known}")


def _picture(node: ast.expr) -> Picture:
    """Return the picture that a call is given: by name, from a file, padded before or not."""
    if name := dotted(node):
        return Picture(f"{name.rpartition('.')[2]}.npy", named=name)
    match node:
        case ast.Call(func=ast.Attribute(attr="convert", value=source), args=[ast.Constant(value="L")]):
            return _picture(source)._replace(gray=True)
        case ast.Call(args=[ast.Constant(value=str() as file), *rest]) if _last(node) in _READING:
            gray = list(map(value_of, rest)) in ([0.0], [Named("cv2.IMREAD_GRAYSCALE")])
            return Picture(file, gray=gray)
        case ast.Call(args=[padded, *widths], keywords=words) if dotted(node.func) in _PADDING:
            around = bound("F.pad", "pad mode value", ast.Call(node, widths, words))
            return padded_by(Arguments("F.pad", around), _picture(padded))
        case ast.Call(func=ast.Attribute(value=source, attr=method), args=kinds, keywords=words):
            if dotted(source) in MODULES and kinds:  # np.float32(x)
                source, *kinds = kinds
            if method in KEEPING:
                kind = " ".join([method, *map(ast.unparse, [*kinds, *words])])
                inside = _picture(source)
                floats = bool(FLOATS.search(kind)) or (inside.floats and "int" not in kind)
                return inside._replace(floats=floats)
        case ast.Subscript(value=source):
            if set(ast.unparse(node.slice).strip("()").split(", ")) <= {"None", "np.newaxis", "..."}:
                return _picture(source)
    raise UsageError(
        f"the picture {shown(ast.unparse(node))} is not understood",
        hint="write a name, or cv2.imread(FILE), in its place, and add --input to name another file",
    )


def _last(call: ast.Call) -> str:
    """Return the name of a function or method."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func)
