"""What a kernel says and what then stands in the notebook, case by case; without a kernel."""
import unittest

import harness  # puts the agent on the path, so it comes first
import notebook_file
import notebook_outputs
from notebook_outputs import Outputs


def out(text, name="stdout"):
    """A stream message."""
    return "stream", {"name": name, "text": text}


def shown(data, identity=None, kind="display_data", **more):
    """A display message."""
    return kind, dict({"data": data, "metadata": {}, "transient": {"display_id": identity} if identity else {}}, **more)


def stream(*lines, name="stdout"):
    """A stream in the file."""
    return {"output_type": "stream", "name": name, "text": list(lines)}


def display(data, **metadata):
    """A display in the file."""
    return {"output_type": "display_data", "data": data, "metadata": metadata}


CLEAR, CLEAR_LATER = ("clear_output", {"wait": False}), ("clear_output", {"wait": True})
ERROR = ("error", {"ename": "E", "evalue": "why", "traceback": ["a", "b"]})
TABLE = [
    ("streams of one name are one", [out("a\nb"), out("c\n"), out("d")], [stream("a\n", "bc\n", "d")]),
    ("streams of two names are as they came", [out("a"), out("b", "stderr"), out("c")],
     [stream("a"), stream("b", name="stderr"), stream("c")]),
    ("a display parts streams", [out("a"), shown({"text/plain": "x"}), out("b")],
     [stream("a"), display({"text/plain": ["x"]}), stream("b")]),
    ("empty text is nothing", [out("")], []),
    ("cleared at once", [out("a"), CLEAR, out("b")], [stream("b")]),
    ("cleared by the next output", [out("a"), CLEAR_LATER, out("b")], [stream("b")]),
    ("not cleared when none comes", [out("a"), CLEAR_LATER], [stream("a")]),
    ("cleared later, then at once", [out("a"), CLEAR_LATER, CLEAR, out("b"), out("c")], [stream("bc")]),
    ("cleared by an error", [out("a"), CLEAR_LATER, ERROR],
     [{"output_type": "error", "ename": "E", "evalue": "why", "traceback": ["a", "b"]}]),
    ("a display is updated where it is", [shown({"text/plain": "1"}, "d"), out("a"),
                                          shown({"text/plain": "2"}, "d", "update_display_data", metadata={"m": 1})],
     [display({"text/plain": ["2"]}, m=1), stream("a")]),
    ("an update of nothing is nothing", [shown({"text/plain": "2"}, "d", "update_display_data")], []),
    ("an update does not count as an output", [shown({"text/plain": "1"}, "d"), CLEAR_LATER,
                                               shown({"text/plain": "2"}, "d", "update_display_data")],
     [display({"text/plain": ["2"]})]),
    ("a result has its number", [shown({"text/plain": "1"}, None, "execute_result", execution_count=7)],
     [{"output_type": "execute_result", "data": {"text/plain": ["1"]}, "metadata": {}, "execution_count": 7}]),
    ("rich bundles: JSON stays, text is lines, images are whole", [shown({
        "application/json": {"a": [1]}, "application/vnd.x+json": [1], "text/html": "<b>\n</b>", "image/png": "iVBO\nRw=="})],
     [display({"application/json": {"a": [1]}, "application/vnd.x+json": [1], "text/html": ["<b>\n", "</b>"],
               "image/png": "iVBO\nRw=="})]),
    ("what is no text becomes one", [shown({"text/plain": 3, "text/html": ["<b>\n", "x"]})],
     [display({"text/plain": ["3"], "text/html": ["<b>\n", "x"]})]),
    ("broken messages", [("display_data", {}), ("stream", {}), ("error", {}), ("what", {})],
     [display({}), {"output_type": "error", "ename": "", "evalue": "", "traceback": []}]),
]


class TableTest(unittest.TestCase):
    """Messages and outputs."""

    def test_table(self):
        """Each in a cell of its own."""
        for name, messages, wanted in TABLE:
            outputs = Outputs()
            for kind, content in messages:
                outputs.hear(0, kind, content)
            self.assertEqual(outputs.of(0), wanted, name)

    def test_other_cells(self):
        """An update reaches the displays of earlier cells, and all of one id."""
        outputs = Outputs()
        for index in (0, 1, 1):
            outputs.hear(index, *shown({"text/plain": "old"}, "d"))
        outputs.hear(2, *shown({"text/plain": "new"}, "d", "update_display_data"))
        self.assertEqual([outputs.of(index) for index in range(3)], [
            [display({"text/plain": ["new"]})], [display({"text/plain": ["new"]})] * 2, []])

    def test_too_much_text(self):
        """Beginning and end stay, in order, and between them is said how much is missing."""
        outputs, half = Outputs(), notebook_outputs.HEAD
        for at in range(0, 3 * half, 100000):
            outputs.hear(0, *out("%09d\n" % at * 10000))
        outputs.hear(0, *out("to stderr", "stderr"))
        outputs.hear(0, *out("the end"))
        found = outputs.of(0)
        texts = ["".join(each["text"]) for each in found]
        self.assertEqual([each["name"] for each in found], ["stdout", "stdout", "stdout", "stderr", "stdout"])
        self.assertEqual((len(texts[0]), texts[-2:]), (half, ["to stderr", "the end"]))
        self.assertEqual(texts[1], "\n[... %d characters were left out here ...]\n" % (half + 16))
        self.assertEqual(sum(map(len, texts[2:])), notebook_outputs.TAIL)
        self.assertTrue(texts[2].endswith("%09d\n" % (3 * half - 100000)))
        outputs.hear(0, *CLEAR)
        outputs.hear(0, *out("x"))
        self.assertEqual(outputs.of(0), [stream("x")])

    def test_too_much_shown(self):
        """Displays above the limit are named, not kept; a long text is cut in the middle."""
        outputs = Outputs()
        for _ in range(3):
            outputs.hear(0, *shown({"text/html": "x" * 30000000}))
        self.assertEqual(outputs.of(0)[2]["data"], {
            "text/plain": ["[This output of 30000000 characters was left out: the cell shows too much.]"]})
        outputs.hear(1, *shown({"text/plain": "a" * 6000000 + "b" * 6000000}))
        text = "".join(outputs.of(1)[0]["data"]["text/plain"])
        self.assertEqual(text.strip("ab"), "\n[... 2000000 characters were left out here ...]\n")


class ProgressTest(unittest.TestCase):
    """How far a run is, by its file alone."""

    def notebook(self):
        """Two cells of code and a text between them."""
        cells = [{"cell_type": kind, "metadata": {}, "source": "x"} for kind in ("code", "markdown", "code")]
        found = {"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells}
        notebook_file.begin(found, "s", "p", {"a": 1}, ("in", "out"), 100)
        return found

    def known(self, notebook):
        """State, words, cells."""
        found = notebook_file.progress(notebook_file.parse(notebook_file.encode(notebook)), "s")
        return found["state"], found["words"], found["cells"]["done"], found["cells"]["all"]

    def test_life(self):
        """Begun, one done, one failed, over; ended in between."""
        notebook = self.notebook()
        first, _, last = notebook["cells"]
        self.assertEqual(self.known(notebook), ("running", "", 0, 2))
        notebook_file.begin_cell(first, 101)
        notebook_file.end_cell(notebook, first, False, 103.5)
        self.assertEqual(self.known(notebook), ("running", "", 1, 2))
        self.assertEqual(first["metadata"]["papermill"], {
            "status": "completed", "exception": False, "duration": 2.5, "start_time": "1970-01-01T00:01:41+00:00",
            "end_time": "1970-01-01T00:01:43.500000+00:00"})
        notebook_file.begin_cell(last, 104)
        stopped = notebook_file.parse(notebook_file.encode(notebook))
        notebook_file.end(stopped, "evicted", "gone", 105)
        self.assertEqual(self.known(stopped), ("ended", "gone", 2, 2))
        self.assertEqual(stopped["cells"][2]["outputs"][0]["evalue"], "gone")
        last["outputs"] = [{"output_type": "error", "ename": "E", "evalue": "why", "traceback": []}]
        notebook_file.end_cell(notebook, last, True, 106)
        notebook_file.end(notebook, now=107)
        self.assertEqual(self.known(notebook), ("failed", "E: why", 2, 2))
        self.assertEqual(notebook_file.progress(notebook, "s")["finished"], 107)
        self.assertIsNone(notebook_file.progress(notebook, "another sweep"))
        for damaged in (b"", b"[]", b"{}", b'{"nbformat": 3, "cells": []}', b'{"nbformat": 4, "cells": [1]}', b'{"nbformat": 4, "cells": 1}',
                        b'{"nbformat": 4, "cells": [], "metadata": 1}', b"\xff", b"[" * 100000):
            with self.subTest(damaged[:40]), self.assertRaises(notebook_file.Unreadable):
                notebook_file.parse(damaged)
