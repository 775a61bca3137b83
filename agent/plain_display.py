"""How values are shown: bundles of media types, display() and what belongs to it."""
import base64
import json
import os
import sys
import traceback
import uuid

import plain_figures

_METHODS = {
    "_repr_html_": "text/html", "_repr_markdown_": "text/markdown", "_repr_latex_": "text/latex",
    "_repr_svg_": "image/svg+xml", "_repr_png_": "image/png", "_repr_jpeg_": "image/jpeg",
    "_repr_pdf_": "application/pdf", "_repr_json_": "application/json", "_repr_javascript_": "application/javascript"}
WIDTH, LONGEST = 79, 1000


class Screen:
    """Shows values through a wire."""

    def __init__(self, wire):
        self._wire = wire

    def bundle(self, value, include=None, exclude=None):
        """(data, metadata) of a value; both empty when it has displayed itself."""
        own = _method(value, "_ipython_display_")
        if own:
            try:
                own()
                return {}, {}
            except NotImplementedError:
                pass
            except Exception:
                traceback.print_exc()
        data, metadata = {"text/plain": pretty(value)}, {}
        found = [(None, _call(value, "_repr_mimebundle_", include=include, exclude=exclude))]
        found += [(kind, _call(value, name)) for name, kind in _METHODS.items()]
        for kind, result in found:
            more = None
            if isinstance(result, tuple) and len(result) == 2:
                result, more = result
            if result is None:
                continue
            if kind is None:
                data.update(result)
                metadata.update(more or {})
            elif kind not in data:
                data[kind] = result
                if more:
                    metadata[kind] = more
        if "image/png" not in data:
            png = plain_figures.png(value)
            if png:
                data["image/png"] = png
        data = {kind: _portable(kind, item) for kind, item in data.items()
                if (not include or kind in include) and kind not in (exclude or ())}
        return data, json.loads(json.dumps(metadata, default=repr))

    def display(self, *values, include=None, exclude=None, metadata=None, transient=None, display_id=None, raw=False,
                clear=False):
        """Shows values below the cell; with raw=True they are dicts of media types. Returns a handle for display_id."""
        if clear:
            self.clear_output(wait=True)
        if display_id is True:
            display_id = uuid.uuid4().hex
        for value in values:
            self._publish("display_data", value, include, exclude, metadata, transient, display_id, raw)
        return DisplayHandle(self, display_id) if display_id is not None else None

    def update_display(self, value, *, display_id, include=None, exclude=None, metadata=None, transient=None,
                       raw=False):
        """Shows a value in the place of what was shown with that display_id."""
        self._publish("update_display_data", value, include, exclude, metadata, transient, display_id, raw)

    def clear_output(self, wait=False):
        """Clears what the cell has shown; with wait=True when the next output comes."""
        self._wire.publish("clear_output", {"wait": bool(wait)})

    def show_figures(self):
        """Matplotlib's open figures, which are closed."""
        plain_figures.show_all(self)

    def _publish(self, kind, value, include, exclude, metadata, transient, display_id, raw):
        if raw:
            data, more = {name: _portable(name, item) for name, item in value.items()}, {}
        else:
            data, more = self.bundle(value, include, exclude)
        if data:
            transient = dict(transient or {}, **({} if display_id is None else {"display_id": str(display_id)}))
            self._wire.publish(kind, {"data": data, "metadata": dict(more, **(metadata or {})), "transient": transient})


class DisplayHandle:
    """What display(…, display_id=…) returns: shows something else in the same place."""

    def __init__(self, screen, display_id):
        self._screen, self.display_id = screen, display_id

    def display(self, value, **options):
        """Shows a value once more under this id."""
        self._screen.display(value, display_id=self.display_id, **options)

    def update(self, value, **options):
        """Replaces what is shown under this id."""
        self._screen.update_display(value, display_id=self.display_id, **options)


def _method(value, name):
    """A method of the value, None where the value is a class or answers to every name."""
    if isinstance(value, type):
        return None
    try:
        if getattr(value, "_no_such_method_6f1d", None) is not None:
            return None
        method = getattr(value, name, None)
    except Exception:
        return None
    return method if callable(method) else None


def _call(value, name, **options):
    method = _method(value, name)
    try:
        return method(**options) if method else None
    except NotImplementedError:
        return None
    except Exception:
        traceback.print_exc()
        return None


def _portable(kind, item):
    """The item as it can travel in JSON."""
    if isinstance(item, (bytes, bytearray, memoryview)):
        return base64.b64encode(item).decode("ascii")
    if isinstance(item, str):
        return item
    try:
        json.dumps(item, allow_nan=False)
        return item
    except (TypeError, ValueError):
        return json.loads(json.dumps(item, default=repr), parse_constant=lambda name: None)


def pretty(value):
    """repr(), with the built-in containers broken into lines where they are too long for one."""
    return _pretty(value, 0)


def _pretty(value, indent):
    kind = type(value)
    if kind not in (list, tuple, dict, set, frozenset) or not value or indent > WIDTH:
        return repr(value)
    if len(value) < LONGEST:  # of a longer one repr() could take long for nothing
        text = repr(value)
        if len(text) <= WIDTH - indent and "\n" not in text:
            return text
    start, end = {list: "[]", tuple: "()", dict: "{}", set: "{}", frozenset: ("frozenset({", "})")}[kind]
    inner = indent + len(start)
    items = []
    for item in list(value.items() if kind is dict else value)[:LONGEST]:
        if kind is dict:
            key = repr(item[0]) + ": "
            items.append(key + _pretty(item[1], inner + len(key)))
        else:
            items.append(_pretty(item, inner))
    if kind in (set, frozenset):
        items.sort()
    if len(value) > LONGEST:
        items.append("...")
    return start + (",\n" + " " * inner).join(items) + ("," if kind is tuple and len(items) == 1 else "") + end
