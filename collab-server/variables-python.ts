/**
 * What a Python kernel is asked about its variables. Two texts travel: `QUIET` is executed, the question itself is a
 * user expression, so that neither leaves a name behind and nothing is printed.
 */
import type { JsonObject } from '#lib/model/json.ts';

/**
 * IPython lets its callbacks act after every execution, also after this silent one on the subshell, and Matplotlib's
 * would take the figures of the cell that is running. So the callbacks are spared in this thread until the question
 * has been answered; others see no difference.
 */
const QUIET = String.raw`
def _quiet():
    import sys, threading
    core = sys.modules.get("IPython.core.getipython")
    shell = core and core.get_ipython()
    if shell is None or hasattr(shell.events, "ansatz_wrapped"):
        return
    events, thread = shell.events, threading.get_ident()
    class Events:
        ansatz_wrapped = events
        def __getattr__(self, name):
            return getattr(events, name)
        def trigger(self, *arguments, **more):
            if threading.get_ident() != thread:
                events.trigger(*arguments, **more)
    shell.events = Events()
_quiet()
`;

/** Runs in a namespace of its own; of the user's it is given the dict. Standard library only, Python 3.8 and later. */
const SOURCE = String.raw`
import collections, itertools, json, sys, time

ITEMS, WIDTH, LONG, NAMES, COLUMNS, CHUNK = 6, 160, 10000, 500, 100, 5000
ONE_S, ALL_S = 0.05, 1.5
CONTAINERS = (list, tuple, set, frozenset, dict, collections.deque)
TEXTS = (str, bytes, bytearray)
FUNCTIONS = ("function", "builtin_function_or_method", "method", "ufunc", "_lru_cache_wrapper")


class Slow(BaseException):
    pass


class Limit:
    """Ends Python code of the user's that takes too long, which a C function alone can resist."""

    end = 0.0

    @classmethod
    def begin(cls, seconds):
        cls.end = time.perf_counter() + seconds

    def __enter__(self):
        self.before = sys.gettrace()
        sys.settrace(self.trace)

    def __exit__(self, *about):
        sys.settrace(self.before)

    def trace(self, frame, event, argument):
        if time.perf_counter() > self.end:
            raise Slow()
        frame.f_trace_opcodes = True  # an empty loop has no new lines
        return self.trace


def theirs(function, *arguments):
    """Calls what may be the user's own code: not longer than begin() said for all such calls together."""
    with Limit():
        return function(*arguments)


class Answer:
    """Shown as one text by whatever formats it."""

    def __init__(self, result):
        self.text = json.dumps(result)

    def __repr__(self):
        return self.text

    def _repr_mimebundle_(self, include=None, exclude=None):
        return {"text/plain": self.text}


def restore():
    core = sys.modules.get("IPython.core.getipython")
    shell = core and core.get_ipython()
    if shell is None:
        return None
    events = shell.events
    if hasattr(events, "ansatz_wrapped"):
        shell.events = events.ansatz_wrapped
    kernel = getattr(shell, "kernel", None)
    if hasattr(kernel, "raw_input") and hasattr(kernel, "getpass"):
        # ipykernel puts these back after every execution: a cell that has begun meanwhile would be without them.
        import builtins, getpass
        builtins.input, getpass.getpass = kernel.raw_input, kernel.getpass
    return shell


# -- one value ----------------------------------------------------------------------------------------------------------

def known(kind):
    """(package, class) of a class and its bases, by name: nothing is imported to find out."""
    found = []
    for base in kind.__mro__:
        found.append((str(base.__module__).split(".")[0], base.__name__))
    return found


def is_frame(kind):
    names = known(kind)
    return ("pandas", "DataFrame") in names or ("polars", "DataFrame") in names


def is_series(kind):
    names = known(kind)
    return ("pandas", "Series") in names or ("polars", "Series") in names


def is_array(kind):
    return ("numpy", "ndarray") in known(kind)


def is_tensor(kind):
    return ("torch", "Tensor") in known(kind)


def type_name(kind):
    module, name = str(kind.__module__).split(".")[0], str(kind.__qualname__)
    return (name if module in ("builtins", "__main__") else module + "." + name)[:WIDTH]


def shape_of(value, kind):
    if issubclass(kind, CONTAINERS + TEXTS):
        return [len(value)]
    if hasattr(kind, "shape"):
        shape = theirs(getattr, value, "shape")
        if isinstance(shape, tuple) and all(isinstance(n, int) for n in shape):
            return [int(n) for n in shape]
    if hasattr(kind, "__len__") and not issubclass(kind, type):
        return [int(theirs(len, value))]
    return None


def bytes_of(value, kind, depth=0):
    names = known(kind)
    if ("pandas", "DataFrame") in names:
        return int(value.memory_usage(deep=False).sum())
    if ("pandas", "Series") in names:
        return int(value.memory_usage(deep=False))
    if ("polars", "DataFrame") in names or ("polars", "Series") in names:
        return int(value.estimated_size())
    if is_tensor(kind):
        return int(value.element_size() * value.nelement())
    if kind in CONTAINERS:
        size = sys.getsizeof(value)
        if len(value) and depth < 3:
            # A few stand for all.
            some = list(itertools.islice(value.items() if kind is dict else iter(value), 20))
            if kind is dict:
                some = [part for pair in some for part in pair]
            inner = [bytes_of(one, type(one), depth + 1) or 0 for one in some]
            size += int(sum(inner) / len(inner) * len(value) * (2 if kind is dict else 1))
        return size
    if kind in TEXTS + (int, float, complex, bool, type(None), range):
        return sys.getsizeof(value)
    if hasattr(kind, "nbytes"):
        size = theirs(getattr, value, "nbytes")
        return int(size) if isinstance(size, int) else None
    return None


def heavy(value, depth=0):
    """Whether repr() could be long: judged by a few things inside, without calling anything of the value's own."""
    kind = type(value)
    if issubclass(kind, TEXTS):
        return len(value) > LONG
    if issubclass(kind, CONTAINERS):
        if len(value) > LONG:
            return True
        inside = itertools.islice(dict.values(value) if issubclass(kind, dict) else iter(value), 20)
        return depth < 4 and any(heavy(one, depth + 1) for one in inside)
    fields = getattr(value, "__dict__", None)
    if type(fields) is dict:
        return depth < 4 and any(heavy(one, depth + 1) for one in itertools.islice(fields.values(), 50))
    return hasattr(kind, "__len__") and theirs(len, value) > 1000


def cut(text, width=WIDTH):
    text = " ".join(text[:4 * width].split())
    return text if len(text) <= width else text[:width - 1] + "…"


def quoted(value):
    return repr(value[:WIDTH]) + ("…" if len(value) > WIDTH else "")


def fields_of(value, kind, depth):
    fields = getattr(value, "__dict__", None)
    inside = []
    for name, one in itertools.islice(fields.items() if type(fields) is dict else (), ITEMS):
        if not str(name).startswith("_"):
            inside.append("%s=%s" % (name, show(one, depth + 1)))
    return "%s(%s)" % (kind.__name__, ", ".join(inside) or "…")


def show(value, depth=0):
    """A short text of any value; never repr() of something large."""
    kind = type(value)
    if value is None or kind in (bool, float, complex, range):
        return repr(value)
    if issubclass(kind, int) and kind.__repr__ is int.__repr__:
        return int.__repr__(value) if int.bit_length(value) < 600 else "an integer of %d bits" % int.bit_length(value)
    if kind in TEXTS:
        return quoted(value)
    if kind in CONTAINERS:
        start, end = {list: "[]", tuple: "()", set: "{}", frozenset: "{}", dict: "{}"}.get(kind, "[]")
        if depth > 2:
            return start + "…" + end
        some = list(itertools.islice(value.items() if kind is dict else iter(value), ITEMS))
        inner = ["%s: %s" % (show(a, depth + 1), show(b, depth + 1)) for a, b in some] if kind is dict else [
            show(one, depth + 1) for one in some]
        more = ", …" if len(value) > len(some) else "," if kind is tuple and len(some) == 1 else ""
        return start + cut(", ".join(inner)) + more + end
    if is_frame(kind):
        return cut(", ".join(str(name) for name in itertools.islice(iter(value.columns), 12)))
    if is_series(kind):
        return cut(", ".join(cell(one) for one in head_of(value)) + (", …" if len(value) > ITEMS else ""))
    if is_array(kind) or is_tensor(kind):
        return cut(array_preview(value, kind))
    if issubclass(kind, type):
        return "class " + value.__qualname__
    code = getattr(value, "__code__", None)
    if hasattr(code, "co_varnames"):
        return "%s(%s)" % (value.__name__, ", ".join(code.co_varnames[:code.co_argcount + code.co_kwonlyargcount]))
    if kind.__repr__ is object.__repr__ or hasattr(kind, "__dataclass_fields__") or heavy(value):
        return cut(fields_of(value, kind, depth))
    try:
        return cut(theirs(repr, value))
    except Slow:
        return "%s, which takes too long to show" % kind.__name__


def head_of(series):
    if hasattr(series, "iloc"):
        return series.iloc[:ITEMS].tolist()
    return series.slice(0, ITEMS).to_list()


def array_preview(value, kind):
    kind_of_items = str(value.dtype)
    if is_tensor(kind):
        if str(value.device) != "cpu":
            return "%s on %s" % (kind_of_items, value.device)
        part = value.detach()
        while part.ndim > 1 and len(part):
            part = part[0]
        items = [part.item()] if part.ndim == 0 else part[:ITEMS].tolist()
    else:
        items = value.flat[:ITEMS].tolist()
    more = ", …" if value.size != len(items) and not callable(value.size) else ""
    return "%s: %s%s" % (kind_of_items, ", ".join(cell(one) for one in items), more)


# -- all of them --------------------------------------------------------------------------------------------------------

def kind_of(kind):
    if issubclass(kind, type):
        return "class"
    return "function" if kind.__name__ in FUNCTIONS else "value"


def describe(name, value):
    kind = type(value)
    entry = {"name": name, "type": "", "kind": "value", "shape": None, "bytes": None, "preview": "", "table": False}
    parts = {
        "kind": lambda: kind_of(kind), "type": lambda: type_name(kind),
        "shape": lambda: shape_of(value, kind) if entry["kind"] == "value" else None,
        "bytes": lambda: bytes_of(value, kind) if entry["kind"] == "value" else None,
        "table": lambda: len(name) <= 200 and entry["kind"] == "value" and table_class(value) is not None,
        "preview": lambda: cut(show(value))}
    Limit.begin(ONE_S)
    for part, look in parts.items():
        # What fails in the value's own code costs only that part.
        try:
            entry[part] = look()
        except BaseException as error:
            if part == "preview":
                entry["preview"] = "cannot be shown: " + cut(type(error).__name__)
    return entry


def variables(names, shell):
    hidden = getattr(shell, "user_ns_hidden", None)
    hidden = hidden if isinstance(hidden, dict) else {}
    nothing = object()
    found, left, calls, end = [], 0, 0, time.perf_counter() + ALL_S
    for name, value in list(names.items()):
        if type(name) is not str or name.startswith("_") or name in ("In", "Out"):
            continue
        if hidden.get(name, nothing) is value or type(value).__name__ == "module":
            continue
        if len(found) >= NAMES:
            left += 1
        elif time.perf_counter() > end:
            found.append({"name": name, "type": str(type(value).__name__)[:WIDTH], "kind": "value", "shape": None,
                          "bytes": None, "preview": "not looked at: the others took too long", "table": False})
        else:
            found.append(describe(name, value))
    return {"variables": found, "left": left}


# -- tables -------------------------------------------------------------------------------------------------------------

def missing(value):
    return value is None or type(value).__name__ in ("NAType", "NaTType") or (type(value) is float and value != value)


def cell(value):
    kind = type(value)
    if kind is str:
        return value if len(value) <= WIDTH else value[:WIDTH - 1] + "…"
    if kind is float:
        if value != value:
            return "NaN"
        text = repr(value)
        return text if len(text) <= 12 else "%.8g" % value
    if kind in (int, bool) or value is None:
        return show(value)
    if kind.__name__ in ("Timestamp", "Timedelta", "NaTType", "NAType", "datetime", "date", "time", "timedelta", "Decimal",
                         "Period", "Interval", "UUID", "Fraction"):
        return str(value)[:WIDTH]
    return show(value, 1)


class Table:
    """Rows and columns by position. Subclasses say how to get at them."""

    labels = None

    def rows(self, positions):
        """The values of the rows, column by column."""
        if isinstance(positions, range):
            return [self.values(column, positions.start, positions.stop) for column in range(len(self.heads))]
        return [[self.values(column, at, at + 1)[0] for at in positions] for column in range(len(self.heads))]

    def order(self, column, descending):
        keys = []
        for start in range(0, self.total, CHUNK):
            keys += self.values(column, start, min(start + CHUNK, self.total))
        there = [at for at in range(len(keys)) if not missing(keys[at])]
        try:
            there.sort(key=keys.__getitem__, reverse=descending)
        except Exception:
            texts = [cell(key) for key in keys]
            there.sort(key=texts.__getitem__, reverse=descending)
        return there + [at for at in range(len(keys)) if missing(keys[at])]


class PandasTable(Table):
    def __init__(self, value):
        self.frame = value if hasattr(value, "columns") else value.to_frame()
        self.total = len(self.frame)
        self.names = [str(name) for name in itertools.islice(iter(self.frame.columns), COLUMNS)]
        kinds = [self.frame.dtypes.iloc[at] for at in range(len(self.names))]
        self.heads = [(name, str(kind), getattr(kind, "kind", "O") in "iufc") for name, kind in zip(self.names, kinds)]
        self.left = self.frame.shape[1] - len(self.names)

    def values(self, column, start, stop):
        return self.frame.iloc[start:stop, column].tolist()

    def rows(self, positions):
        if isinstance(positions, range):
            return super().rows(positions)
        part = self.frame.iloc[list(positions)]
        return [part.iloc[:, column].tolist() for column in range(len(self.heads))]

    def labels(self, positions):
        if type(self.frame.index).__name__ == "RangeIndex":
            return None
        return [cell(self.frame.index[at]) for at in positions]

    def order(self, column, descending):
        series = self.frame.iloc[:, column].reset_index(drop=True)
        try:
            return series.sort_values(ascending=not descending, kind="stable", na_position="last").index.tolist()
        except TypeError:
            return super().order(column, descending)


class PolarsTable(Table):
    def __init__(self, value):
        self.frame = value if hasattr(value, "get_columns") else value.to_frame()
        self.total, width = self.frame.shape
        self.series = self.frame.get_columns()[:COLUMNS]
        self.heads = [(str(one.name), str(one.dtype), str(one.dtype).startswith(("Int", "UInt", "Float", "Decimal")))
                      for one in self.series]
        self.left = width - len(self.series)

    def values(self, column, start, stop):
        return self.series[column].slice(start, stop - start).to_list()

    def order(self, column, descending):
        try:
            return self.series[column].arg_sort(descending=descending, nulls_last=True).to_list()
        except Exception:
            return super().order(column, descending)


class ArrayTable(Table):
    """NumPy's arrays of one or two dimensions, also structured ones, and Torch's on the CPU."""

    def __init__(self, value):
        self.array = value.detach() if hasattr(value, "detach") else value
        self.total, self.left = len(self.array), 0
        fields = getattr(self.array.dtype, "names", None)
        kind = getattr(self.array.dtype, "kind", "f")
        if fields and self.array.ndim == 1:
            self.keys = list(fields)[:COLUMNS]
            self.left = len(fields) - len(self.keys)
            self.heads = [(str(name), str(self.array.dtype[name]), self.array.dtype[name].kind in "iufc")
                          for name in self.keys]
        elif self.array.ndim == 1:
            self.keys, self.heads = None, [("value", str(self.array.dtype), kind in "iufc")]
        else:
            width = self.array.shape[1]
            self.keys = range(min(width, COLUMNS))
            self.left = width - len(self.keys)
            self.heads = [(str(at), str(self.array.dtype), kind in "iufc") for at in self.keys]
        self.fields = bool(fields)

    def column(self, column):
        if self.keys is None:
            return self.array
        return self.array[self.keys[column]] if self.fields else self.array[:, self.keys[column]]

    def values(self, column, start, stop):
        return self.column(column)[start:stop].tolist()

    def order(self, column, descending):
        values = self.column(column)
        if getattr(getattr(values, "dtype", None), "kind", "O") not in "iufbMm" or not hasattr(values, "argsort"):
            return super().order(column, descending)
        order = values.argsort(kind="stable")
        if not descending:
            return order.tolist()
        # What is no number is the last of the ascending order and stays last.
        sorted_values = values[order]
        there = int((sorted_values == sorted_values).sum())
        return order[:there][::-1].tolist() + order[there:].tolist()


class RecordTable(Table):
    """A list of dicts."""

    def __init__(self, value):
        self.records, self.total = value, len(value)
        keys = {}
        for record in itertools.islice(iter(value), 1000):
            for key in record:
                keys[key] = keys.get(key) or type(record[key])
        self.keys = list(keys)[:COLUMNS]
        self.left = len(keys) - len(self.keys)
        self.heads = [(cell(key), keys[key].__name__, keys[key] in (int, float, complex)) for key in self.keys]

    def values(self, column, start, stop):
        key = self.keys[column]
        return [record.get(key) if isinstance(record, dict) else None for record in self.records[start:stop]]


def table_class(value):
    """How a value is shown as a table; None where it is none."""
    kind = type(value)
    names = known(kind)
    if ("pandas", "DataFrame") in names or ("pandas", "Series") in names:
        return PandasTable
    if ("polars", "DataFrame") in names or ("polars", "Series") in names:
        return PolarsTable
    if is_array(kind) or (is_tensor(kind) and str(value.device) == "cpu" and str(value.layout) == "torch.strided"):
        return ArrayTable if value.ndim in (1, 2) else None
    if kind in (list, tuple) and value and all(type(one) is dict for one in itertools.islice(iter(value), 20)):
        return RecordTable
    return None


TESTS = {"==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
         ">": lambda a, b: a > b, ">=": lambda a, b: a >= b, "~": lambda a, b: b in a}


def condition(wanted):
    """A test of one value. Numbers compare as numbers, everything else as the text that is shown."""
    test, number, text = TESTS[wanted["op"]], wanted["number"], wanted["value"].lower()
    if wanted["missing"] and wanted["op"] in ("==", "!="):
        return lambda value: missing(value) == (wanted["op"] == "==")

    def matches(value):
        if missing(value):
            return False
        if number is not None and type(value) in (int, float, bool) and wanted["op"] != "~":
            return test(value, number)
        return test(cell(value).lower(), text)
    return matches


def matching(table, wanted, end):
    """(positions of the rows that match, rows looked at, how the filter was read)."""
    titles = [name for name, _, _ in table.heads]
    found, start = [], 0
    if wanted["column"] in titles:
        how, columns, test = "column", [titles.index(wanted["column"])], condition(wanted)
    else:
        text = wanted["text"].lower()
        # A word is in no number.
        numeric = all(sign in "0123456789.+-einfa" for sign in text)
        how, test = "text", lambda value: text in cell(value).lower()
        columns = [at for at, (_, _, number) in enumerate(table.heads) if numeric or not number]
    while start < table.total and time.perf_counter() < end:
        # In pieces: between them the cell that is running has its turn.
        stop = min(start + CHUNK, table.total)
        hits = bytearray(stop - start)
        for column in columns:
            for at, value in enumerate(table.values(column, start, stop)):
                if not hits[at] and test(value):
                    hits[at] = 1
        found += itertools.compress(range(start, stop), hits)
        start = stop
    return found, start, how


def page(names, request):
    name = request["name"]
    kind = table_class(names[name]) if name in names else None
    if kind is None:
        return {"gone": True}
    table = kind(names[name])
    end = time.perf_counter() + request["seconds"]
    Limit.begin(request["seconds"] / 2)
    searched, how, positions = table.total, None, range(table.total)
    if request["filter"]:
        positions, searched, how = matching(table, request["filter"], end)
    column = request["column"]
    if column is not None and 0 <= column < len(table.heads):
        order = table.order(column, request["descending"])
        if how is not None:
            kept = bytearray(table.total)
            for at in positions:
                kept[at] = 1
            order = [at for at in order if kept[at]]
        positions = order
    shown = positions[request["from"]:request["from"] + request["count"]]
    by_column = table.rows(shown)
    labels = table.labels(shown) if table.labels else None
    return {
        "from": request["from"], "total": len(positions), "all": table.total, "filter": how, "left": table.left,
        "searched": None if searched >= table.total else searched,
        "columns": [{"name": head[:WIDTH], "type": kind[:WIDTH], "numeric": numeric}
                    for head, kind, numeric in table.heads],
        "rows": [{"at": at, "label": labels[i] if labels else None, "cells": [cell(values[i]) for values in by_column]}
                 for i, at in enumerate(shown)]}


def answer(names, request):
    shell = restore()
    try:
        request = json.loads(request)
        return Answer(variables(names, shell) if request["do"] == "variables" else page(names, request))
    except BaseException as error:
        return Answer({"error": cut(type(error).__name__ + ": " + str(error)[:WIDTH])})
`;

/** Execute request of a question: the request travels as a JSON text in a string literal, never as code. */
export function pythonQuestion(request: JsonObject): { code: string; expression: string } {
	// The question's own namespace; the lambda without a name knows the user's.
	return quietly(SOURCE, `own["answer"]((lambda: 0).__globals__, ${literal(JSON.stringify(request))})`);
}

/** Execute request of any question: `source` runs in a namespace of its own, `own`, and `call` is the answer. */
export function quietly(source: string, call: string): { code: string; expression: string } {
	const expression =
		`(lambda own: (__import__("builtins").exec(${literal(source)}, own), ` +
		`${call})[1])({"__name__": "ansatz"})`;
	return { code: `__import__("builtins").exec(${literal(QUIET)}, {"__name__": "ansatz"})`, expression };
}

/** A Python string literal. JSON's is one too, of a text without lone surrogates in it or not. */
function literal(text: string): string {
	return JSON.stringify(text);
}
