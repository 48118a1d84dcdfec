"""Everything public says what it takes, what it gives and when it refuses."""

from __future__ import annotations

import ast
import dataclasses
import functools
import importlib
import inspect
import re
import textwrap
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"
# The options of a command carry their own help, which tests/test_every_command.py compares with docs/.
COMMANDS = "treue.cli"
# Inside these packages functions serve one another. Their door is what the package itself offers (`__all__`);
# what lies behind it needs a sentence, but no sections.
WORKSHOPS = (
    # an application is used through its pages and commands
    "treue.app",
    "treue.simulate",
    "treue.report",
    "treue.charts",
    "treue.history.sources",
    # from files to tables, behind `treue.read`
    "treue.history.currencies",
    "treue.history.links",
    "treue.history.orders",
    "treue.history.records_of",
)


def modules():
    for path in sorted((SOURCE / "treue").rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        hidden = any(part.startswith("_") or part == "migrations" for part in name.split("."))
        if not hidden and not name.startswith(COMMANDS):
            yield name


def public_members(module):
    """Yield ``(name, function or class)`` for what a module itself defines and a reader may use."""
    for name, thing in vars(module).items():
        if name.startswith("_") or getattr(thing, "__module__", None) != module.__name__:
            continue
        if inspect.isclass(thing):
            yield name, thing
            for part, method in vars(thing).items():
                function = unwrapped(method)
                if not part.startswith("_") and inspect.isfunction(function):
                    yield f"{name}.{part}", function
        elif inspect.isfunction(thing):
            yield name, thing


def unwrapped(method):
    if isinstance(method, property):
        return method.fget
    if isinstance(method, functools.cached_property):
        return method.func
    if isinstance(method, classmethod | staticmethod):
        return method.__func__
    return method


def documentation(module, name):
    """Return the docstring, or that of the parent whose promise a method fulfils."""
    thing = module
    for part in name.split("."):
        thing = getattr(thing, part)
    return inspect.getdoc(thing) or ""


def section(text, title):
    """Return the lines under a numpy-style heading, or None."""
    found = re.search(rf"^{title}\n-+\n(.*?)(?=^\S[^\n]*\n-{{3,}}\n|\Z)", text, re.DOTALL | re.MULTILINE)
    return found and found[1]


def described(text):
    """Return the names that open an entry of a Parameters section."""
    heads = re.findall(r"^(\S[^\n]*?)(?: :.*)?$", text or "", re.MULTILINE)
    return {name.strip().lstrip("*") for head in heads for name in head.split(",")}


def raised_here(function):
    """Return the names of the errors that the function itself raises, not those of what it calls."""
    if function is None:
        return set()
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    definition = next((node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)), None)
    nested = (ast.FunctionDef, ast.Lambda, ast.ClassDef)
    open_nodes, names = list(definition.body) if definition else [], set()
    while open_nodes:
        node = open_nodes.pop()
        if isinstance(node, nested):
            continue
        if (
            isinstance(node, ast.Raise)
            and isinstance(node.exc, ast.Call)
            and isinstance(node.exc.func, ast.Name)
        ):
            names.add(node.exc.func.id)
        open_nodes.extend(ast.iter_child_nodes(node))
    return names - {"NotImplementedError", "AssertionError", "AttributeError"}


def faults_of_class(name, thing, text):
    if dataclasses.is_dataclass(thing):
        own = vars(thing).get("__annotations__", {})  # what is inherited is described by the parent
        fields = {
            one.name for one in dataclasses.fields(thing) if one.name in own and not one.name.startswith("_")
        }
        known = described(section(text, "Parameters")) | described(section(text, "Attributes"))
        # three plain fields may be explained in a sentence
        missing = sorted(field for field in fields - known if len(fields) > 4 or known)
        if missing:
            yield f"{name}: Parameters does not say what {', '.join(missing)} is"
    for error in sorted(
        raised_here(vars(thing).get("__init__")) if not dataclasses.is_dataclass(thing) else ()
    ):
        if error not in (section(text, "Raises") or ""):
            yield f"{name}: Raises does not name {error}"


def faults_of_function(name, function, text):
    parameters = [
        parameter
        for parameter in inspect.signature(function).parameters
        if parameter not in {"self", "cls"} and not parameter.startswith("_")
    ]
    if len(parameters) > 1:
        known = described(section(text, "Parameters"))
        # two parameters may be explained in the sentence that names them
        known |= set(re.findall(r"`(\w+)`", text)) if len(parameters) == 2 else set()
        missing = [one for one in parameters if one not in known]
        if missing:
            yield f"{name}: Parameters does not say what {', '.join(missing)} is"
    gives = function.__annotations__.get("return") not in {None, "None", "NoReturn"}
    if gives and len(parameters) > 2 and not re.search(r"^(Returns|Yields)\n-", text, re.MULTILINE):
        yield f"{name}: there is no Returns"
    for error in sorted(raised_here(function)):
        if error not in (section(text, "Raises") or ""):
            yield f"{name}: Raises does not name {error}"


def behind_a_door(module, name):
    package = next((one for one in WORKSHOPS if f"{module.__name__}.".startswith(f"{one}.")), None)
    if package is None:
        return False
    offered = getattr(importlib.import_module(package), "__all__", ())
    return name.split(".")[0] not in offered


def faults(module):
    for name, thing in public_members(module):
        text = documentation(module, name)
        if not text or text.startswith(f"{name}("):
            yield f"{name}: there is no docstring"
        elif behind_a_door(module, name):
            continue
        elif inspect.isclass(thing):
            yield from faults_of_class(name, thing, text)
        else:
            yield from faults_of_function(name, thing, text)


@pytest.mark.parametrize("name", list(modules()))
def test_what_is_public_is_documented(name):
    module = importlib.import_module(name)
    assert module.__doc__ or name.count(".") == 1, f"{name} does not say what it is for"
    found = list(faults(module))
    assert not found, "\n".join(found)


def test_the_walk_sees_what_is_missing():
    def add(first: int, second: int, third: int) -> int:
        """Add three numbers.

        Parameters
        ----------
        first : int
            One.
        """
        if first < 0:
            raise ValueError(first)
        return first + second + third

    assert list(faults_of_function("add", add, inspect.getdoc(add))) == [
        "add: Parameters does not say what second, third is",
        "add: there is no Returns",
        "add: Raises does not name ValueError",
    ]
