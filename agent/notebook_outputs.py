"""What a kernel says while a notebook runs, folded into outputs as nbformat 4.5 has them.

Streams of one name in a row are one output; `clear_output` with `wait` clears when the next output comes; a display with an
id is updated wherever it stands. Of the text that streams of one cell print HEAD and TAIL characters are kept, with a line
between them that says how many are missing.
"""
import collections
import json
import re

HEAD = TAIL = 5 * 1000 * 1000
#: Characters of one cell's displays; above it a display says only that it was left out
DISPLAYED = 64 * 1000 * 1000
_JSON = re.compile(r"application/(json|.*\+json)\Z")


class Outputs:
    """The outputs of all cells of a notebook, by the index of the cell."""

    def __init__(self):
        self._cells, self._displays = {}, collections.defaultdict(list)

    def hear(self, index, kind, content):
        """A message on iopub that belongs to a cell. True when the outputs are others than before."""
        cell = self._cells.setdefault(index, _Cell())
        if kind == "stream":
            cell.stream(str(content.get("name")), str(content.get("text", "")))
        elif kind in ("display_data", "execute_result"):
            output = {"output_type": kind, "data": content.get("data"), "metadata": content.get("metadata")}
            if kind == "execute_result":
                output["execution_count"] = content.get("execution_count")
            if _display_id(content):
                self._displays[_display_id(content)].append((cell, output))
            cell.show(output)
        elif kind == "update_display_data":
            for other, output in self._displays.get(_display_id(content), ()):
                other.update(output, content)
        elif kind == "clear_output":
            cell.clear(bool(content.get("wait")))
        elif kind == "error":
            cell.add({"output_type": "error", "ename": str(content.get("ename", "")), "evalue": str(content.get("evalue", "")),
                      "traceback": [str(line) for line in content.get("traceback") or ()]})
        else:
            return False
        return True

    def of(self, index):
        """As they stand in a file."""
        return self._cells[index].written() if index in self._cells else []


class _Cell:
    """The outputs of one cell. A stream holds its text in pieces until it is written."""

    def __init__(self):
        self._outputs, self._clears = [], False
        self._empty()

    def _empty(self):
        self._outputs[:] = []
        self._head = self._shown = self._late = self._omitted = 0
        self._cut, self._tail = None, collections.deque()  # where text is missing; the streams behind that place

    def clear(self, wait):
        """At once, or before the next output."""
        self._clears = wait
        if not wait:
            self._empty()

    def add(self, output):
        """One more output."""
        if self._clears:
            self.clear(False)
        self._outputs.append(output)

    def stream(self, name, text):
        """Text on standard output or standard error."""
        if not text:
            return
        if self._clears:
            self.clear(False)
        room = HEAD - self._head
        if self._cut is None:
            self._head += len(text[:room])
            self._join(name, text[:room])
            if len(text) <= room:
                return
            self._cut = {"output_type": "stream", "name": name, "pieces": collections.deque()}
            self._outputs.append(self._cut)
            text = text[room:]
        self._late += len(text)
        stream = self._join(name, text)
        if not self._tail or self._tail[-1] is not stream:
            self._tail.append(stream)
        while self._late > TAIL:
            self._drop(self._late - TAIL)

    def _join(self, name, text):
        last = self._outputs[-1] if self._outputs else {}
        if last is self._cut or last.get("name") != name:
            last = {"output_type": "stream", "name": name, "pieces": collections.deque()}
            if text:
                self._outputs.append(last)
        if text:
            last["pieces"].append(text)
        return last

    def _drop(self, much):
        """Takes characters away from the first stream behind the gap."""
        first = self._tail[0]
        piece = first["pieces"].popleft()
        if len(piece) > much:
            first["pieces"].appendleft(piece[much:])
        gone = min(len(piece), much)
        self._late, self._omitted = self._late - gone, self._omitted + gone
        if not first["pieces"]:
            self._tail.popleft()
            self._outputs[:] = [each for each in self._outputs if each is not first]

    def show(self, output):
        """A display or a result."""
        self._fill(output, output["data"], output["metadata"])
        self.add(output)

    def update(self, output, content):
        """Another content for a display that stands here, or stood here."""
        self._fill(output, content.get("data"), content.get("metadata"))

    def _fill(self, output, data, metadata):
        data = {str(mime): _value(str(mime), value) for mime, value in (data if isinstance(data, dict) else {}).items()}
        size = sum(len(value) for value in data.values() if isinstance(value, str))
        if self._shown + size > DISPLAYED:
            data = {"text/plain": "[This output of %d characters was left out: the cell shows too much.]" % size}
        else:
            self._shown += size
        output["data"], output["metadata"] = data, metadata if isinstance(metadata, dict) else {}

    def written(self):
        """Copies, with text as a list of lines."""
        return [found for found in map(self._written, self._outputs) if found]

    def _written(self, output):
        if output is self._cut:
            text = "\n[... %d characters were left out here ...]\n" % self._omitted if self._omitted else ""
            return text and {"output_type": "stream", "name": output["name"], "text": lines(text)}
        if output["output_type"] == "stream":
            return {"output_type": "stream", "name": output["name"], "text": lines("".join(output["pieces"]))}
        if "data" not in output:
            return output
        return dict(output, data={mime: lines(value) if isinstance(value, str) and _shown_as_lines(mime) else value
                                  for mime, value in output["data"].items()})


def _display_id(content):
    transient = content.get("transient")
    found = transient.get("display_id") if isinstance(transient, dict) else None
    return found if isinstance(found, str) else None


def _value(mime, value):
    """A value of a MIME bundle that the format allows: JSON for types of JSON, text else."""
    if _JSON.match(mime):
        return value
    if isinstance(value, list) and all(isinstance(line, str) for line in value):
        value = "".join(value)
    text = value if isinstance(value, str) else json.dumps(value)
    if mime != "text/plain" or len(text) <= HEAD + TAIL:
        return text
    return "%s\n[... %d characters were left out here ...]\n%s" % (text[:HEAD], len(text) - HEAD - TAIL, text[-TAIL:])


def _shown_as_lines(mime):
    return mime.startswith("text/") or mime in ("image/svg+xml", "application/javascript")


def lines(text):
    """A text as nbformat writes it: a list of lines, each with its end."""
    return text.splitlines(True)
