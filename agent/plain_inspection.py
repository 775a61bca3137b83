"""What is known about an object: its signature and documentation, or its source."""
import inspect
import re

_RED, _END = "\x1b[31m", "\x1b[39m"
_DOTTED = re.compile(r"[^\W\d]\w*(?:\.[^\W\d]\w*)*")


def lookup(namespace, name):
    """(True, the object) of a dotted name, (False, None) where there is none. Calls nothing but properties."""
    first, *rest = name.split(".")
    builtins = namespace["__builtins__"].__dict__
    if first not in namespace and first not in builtins:
        return False, None
    value = namespace[first] if first in namespace else builtins[first]
    try:
        for part in rest:
            value = getattr(value, part)
    except Exception:
        return False, None
    return True, value


def at_cursor(namespace, code, cursor, detail):
    """The description of the name at the cursor or, where it is none, of the function whose brackets are around it."""
    for match in _DOTTED.finditer(code):
        if match.start() <= cursor <= match.end():
            end = re.compile(r"\w*").match(code, cursor).end()
            text = by_name(namespace, code[match.start():end], detail)
            if text is not None:
                return text
    name = callee(code[:cursor])
    return by_name(namespace, name, detail) if name else None


def callee(text):
    """The name of the function whose call is open at the end of a text, None outside a call."""
    depth = 0
    for at in range(len(text) - 1, -1, -1):
        if text[at] in ")]}":
            depth += 1
        elif text[at] in "([{":
            if depth == 0:
                match = re.search(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*)$", text[:at])
                return match.group(1) if text[at] == "(" and match else None
            depth -= 1
    return None


def by_name(namespace, name, detail):
    """The description of a dotted name, None where there is none."""
    found, value = lookup(namespace, name)
    return _describe(name, value, detail) if found else None


def signature(name, value):
    """The call as it is written, None where Python does not know."""
    try:
        return name.split(".")[-1] + str(inspect.signature(value))
    except Exception:
        return None


def _describe(name, value, detail):
    fields = []
    if callable(value):
        call = signature(name, value)
        if call:
            fields.append(("Init signature" if isinstance(value, type) else "Signature", call))
    if not callable(value) or not fields:
        text = repr(value)
        fields.append(("Type", type(value).__name__))
        fields.append(("String form", text if len(text) < 500 else text[:500] + "…"))
        if hasattr(type(value), "__len__"):
            try:
                fields.append(("Length", str(len(value))))
            except Exception:
                pass  # a class may have it and mean nothing by it
    source = None
    if detail:
        try:
            source = inspect.getsource(value if callable(value) or inspect.ismodule(value) else type(value))
        except (OSError, TypeError):
            pass  # not written in Python
    if source:
        fields.append(("Source", "\n" + source.rstrip("\n")))
    else:
        fields.append(("Docstring", "\n" + (inspect.getdoc(value) or "<no docstring>")))
    try:
        fields.append(("File", inspect.getfile(value)))
    except TypeError:
        pass  # built in
    return "\n".join("%s%s:%s %s" % (_RED, title, _END, text) for title, text in fields)
