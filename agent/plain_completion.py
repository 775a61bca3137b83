"""Completion: attributes, names, keyword arguments, modules in imports, keys of dicts and paths in strings."""
import glob
import inspect
import keyword
import os
import pkgutil
import re
import sys

import plain_inspection

_IMPORT = re.compile(r"^\s*(?:import\s+(?:[\w.]+(?:\s+as\s+\w+)?\s*,\s*)*|from\s+)([\w.]*)$")
_FROM = re.compile(r"^\s*from\s+([\w.]+)\s+import\s+(?:\(?\s*)(?:[\w]+(?:\s+as\s+\w+)?\s*,\s*)*(\w*)$")
_KEY = re.compile(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*)\[\s*(['\"])([^'\"\[\]]*)$")
_PATH = re.compile(r"(?:^|[\s(\[,=])[rf]?(['\"])([^'\"\n]*)$")
_NAME = re.compile(r"(?:([^\W\d]\w*(?:\.[^\W\d]\w*)*)\.)?(\w*)$")
MOST = 1000


def complete(namespace, code, cursor):
    """(matches, start, end): what may stand between the two places in the code."""
    text = code[:cursor]
    line = text[text.rfind("\n") + 1:]
    matches, typed = _matches(namespace, text, line)
    return matches[:MOST], cursor - len(typed), cursor


def _matches(namespace, text, line):
    match = _FROM.match(line)
    if match:
        return _members_of_module(match.group(1), match.group(2)), match.group(2)
    match = _IMPORT.match(line)
    if match:
        package, dot, typed = match.group(1).rpartition(".")
        return _submodules(package, typed) if dot else _modules(typed), typed
    match = _KEY.search(line)
    if match:
        found, value = plain_inspection.lookup(namespace, match.group(1))
        if found and hasattr(value, "keys"):
            try:
                keys = [key for key in value.keys() if isinstance(key, str) and key.startswith(match.group(3))]
            except Exception:
                keys = []
            return keys, match.group(3)
    match = _PATH.search(line)
    if match:
        typed = match.group(2)
        found = sorted(glob.glob(glob.escape(os.path.expanduser(typed)) + "*"))
        home = os.path.expanduser("~") if typed.startswith("~") else ""
        found = ["~" + path[len(home):] if home and path.startswith(home) else path for path in found]
        return [path + "/" if os.path.isdir(os.path.expanduser(path)) else path for path in found], typed
    base, typed = _NAME.search(text).groups()
    if base is not None:
        found, value = plain_inspection.lookup(namespace, base)
        return _visible(_members(value), typed) if found else [], typed
    if not typed and not text.rstrip().endswith(("(", ",")):
        return [], typed
    function = plain_inspection.callee(text)
    arguments = _arguments(namespace, function, typed) if function else []
    names = set(namespace) | set(namespace["__builtins__"].__dict__) | set(keyword.kwlist)
    return arguments + (_visible(names, typed) if typed else []), typed


def _visible(names, typed):
    """Those that begin so; what is private only when an underscore has been typed."""
    return sorted((name for name in names if isinstance(name, str) and name.startswith(typed)
                   and (typed.startswith("_") or not name.startswith("_"))), key=lambda name: (name.lower(), name))


def _members(value):
    try:
        return dir(value)
    except Exception:
        return []


def _arguments(namespace, function, typed):
    found, value = plain_inspection.lookup(namespace, function)
    if not found:
        return []
    try:
        parameters = inspect.signature(value).parameters.values()
    except Exception:
        return []
    return [each.name + "=" for each in parameters
            if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY) and each.name.startswith(typed)]


def _modules(typed):
    names = set(sys.builtin_module_names) | set(sys.modules) | {module.name for module in pkgutil.iter_modules()}
    return _visible({name for name in names if "." not in name}, typed)


def _submodules(package, typed):
    """Those of a package that is imported already: importing runs code, which completing must not."""
    module = sys.modules.get(package)
    names = {each.name for each in pkgutil.iter_modules(getattr(module, "__path__", []))}
    return _visible(names, typed)


def _members_of_module(package, typed):
    module = sys.modules.get(package)
    return _visible(set(_members(module) if module else []) | set(_submodules(package, "")), typed)
