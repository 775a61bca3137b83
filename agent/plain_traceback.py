"""Tracebacks in the form that IPython has made known: a header, frames with their lines and an arrow, the message."""
import inspect
import linecache
import os
import traceback

_RED, _GREEN, _CYAN, _BLUE, _BOLD, _END = "\x1b[31m", "\x1b[32m", "\x1b[36m", "\x1b[34m", "\x1b[1m", "\x1b[39m"
_WIDTH, _BEFORE, _AFTER, _MOST = 75, 3, 2, 60
_LAST = "Traceback (most recent call last)"
_JOINTS = {"cause": "\nThe above exception was the direct cause of the following exception:\n",
           "context": "\nDuring handling of the above exception, another exception occurred:\n"}


def describe(error, titles, own):
    """{ename, evalue, traceback} of an exception. `titles` has the name of each cell by that of its code; frames of
    files in the folder `own` are left out."""
    name, value = type(error).__name__, str(error)
    if isinstance(error, SyntaxError):
        value = "%s (%s)" % (error.msg, _place(error.filename, error.lineno, titles))
    chain, joint, seen = [], None, set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        chain.append((error, joint))
        if error.__cause__ is not None:
            error, joint = error.__cause__, "cause"
        else:
            error, joint = None if error.__suppress_context__ else error.__context__, "context"
    lines = []
    for each, joint in reversed(chain):
        if not (isinstance(each, SyntaxError) and each.filename in titles):  # Python has refused the whole cell
            each_name = type(each).__name__
            if not lines:
                lines.append(_RED + "-" * _WIDTH + _END)
            lines.append(_RED + each_name + _END + _LAST.rjust(_WIDTH - len(each_name)))
            lines += _frames(each.__traceback__, titles, own)
        lines.append(_message(each, titles))
        if joint:
            lines.append(_JOINTS[joint])
    return {"ename": name, "evalue": value, "traceback": lines}


def _place(filename, number, titles):
    return "%s, line %s" % (titles.get(filename) or os.path.basename(filename or "<unknown>"), number)


def _frames(tb, titles, own):
    """One text for each frame; many of the same kind are told by their number."""
    walked = list(traceback.walk_tb(tb))
    ours = [os.path.dirname(frame.f_code.co_filename) == own for frame, _ in walked]
    cells = [at for at, (frame, _) in enumerate(walked) if frame.f_code.co_filename in titles]
    start = cells[0] if cells else len(ours) - ours[::-1].index(True) if True in ours else 0
    found = [each for each, mine in zip(walked[start:], ours[start:])
             if not mine and "importlib._bootstrap" not in each[0].f_code.co_filename]
    texts, before, times = [], None, 0
    for frame, number in found + [(None, 0)]:
        key = frame and (frame.f_code, number)
        if key == before:
            times += 1
            continue
        if times:
            texts.append("    [... skipping similar frames: %s at line %d (%d times)]\n" % (
                before[0].co_name, before[1], times))
        before, times = key, 0
        if frame:
            texts.append((frame, number))
    if len(texts) > _MOST:
        half = _MOST // 2
        texts[half:-half] = ["    [... skipping %d frames]\n" % (len(texts) - 2 * half)]
    return [text if isinstance(text, str) else _frame(text[0], text[1], titles) for text in texts]


def _frame(frame, number, titles):
    code = frame.f_code
    if code.co_filename in titles:
        place, _, rest = titles[code.co_filename].partition(" ")
        text = "%s%s%s %s%s, line %d%s" % (_CYAN, place, _END, _GREEN, rest, number, _END)
    else:
        text = "%sFile %s%s%s:%d%s" % (_CYAN, _END, _GREEN, _short(code.co_filename), number, _END)
    if code.co_name != "<module>":
        names, star, stars = inspect.getargs(code)
        names = names + (["*" + star] if star else []) + (["**" + stars] if stars else [])
        text += ", in %s%s%s%s(%s)%s" % (
            _CYAN, getattr(code, "co_qualname", code.co_name), _END, _BLUE, ", ".join(names), _END)
    lines = linecache.getlines(code.co_filename, frame.f_globals)
    text += "\n"
    for at in range(max(1, number - _BEFORE), min(len(lines), number + _AFTER) + 1):
        line = lines[at - 1].rstrip("\n")
        if at == number:
            arrow = "-" * max(1, 5 - len(str(at))) + "> "
            text += "%s%s%s%s%d%s %s%s\x1b[22m\n" % (_GREEN, arrow, _END, _GREEN, at, _END, _BOLD, line)
        else:
            text += "%s%7d%s %s\n" % (_GREEN, at, _END, line)
    return text


def _short(path):
    home = os.path.expanduser("~")
    return "~" + path[len(home):] if home != "/" and path.startswith(home + os.sep) else path


def _message(error, titles):
    name = type(error).__name__
    if isinstance(error, SyntaxError):
        text = _syntax(error, titles)
    else:
        value = str(error)
        text = "%s%s%s%s" % (_RED, name, _END, ": " + value if value else "")
    for note in getattr(error, "__notes__", None) or ():
        text += "\n%s" % note
    for number, each in enumerate(getattr(error, "exceptions", ()) if _is_group(error) else (), 1):
        inner = "".join(traceback.format_exception(type(each), each, each.__traceback__)).rstrip("\n")
        text += "\n  +-- %d --\n  | %s" % (number, inner.replace("\n", "\n  | "))
    return text


def _is_group(error):
    return any(kind.__name__ == "BaseExceptionGroup" for kind in type(error).__mro__)


def _syntax(error, titles):
    """Where it is, the line, a caret below the fault, the message."""
    line = linecache.getline(error.filename, error.lineno or 0) if error.filename in titles else error.text
    line = (line or error.text or "").rstrip("\n")
    text = "  %s%s%s\n" % (_CYAN, _place(error.filename, error.lineno, titles), _END)
    if line.strip():
        cut = len(line) - len(line.lstrip())
        start = max((error.offset or 1) - 1 - cut, 0)
        end = (getattr(error, "end_offset", None) or 0) - 1 - cut
        same = getattr(error, "end_lineno", None) == error.lineno
        carets = "^" * (max(end - start, 1) if same else 1)
        text += "    %s%s%s\n    %s%s\n" % (_RED, line[cut:], _END, " " * start, carets)
    return text + "%s%s%s: %s" % (_RED, type(error).__name__, _END, error.msg)
