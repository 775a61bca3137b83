"""The cells of a notebook, one after the other, on a kernel: what is sent and what is heard. Takes the place of a Recorder.

As Jupyter's tools have it: empty cells and those tagged `skip-execution` are passed over, an error in one tagged
`raises-exception` is none, and nobody answers `input()`.
"""
import asyncio
import json
import uuid

import notebook_file
from notebook_outputs import Outputs
from widget_state import WidgetState

SETTLE_S = 5.0  # after the reply, for the idle status, which says that all outputs are there


class NotebookRun:
    """`save()` writes the notebook, `end(reason, words)` says that the kernel did not start. `kernel` is set before cells()."""

    last_id = ""

    def __init__(self, notebook, save, end, go_on):
        self._notebook, self._save, self._end, self._go_on = notebook, save, end, go_on
        self._outputs, self._widgets, self._cells = Outputs(), WidgetState(), {}  # message id → index of a cell
        self._running = None  # (message id, index) of the cell that runs
        self._reply = self._idle = None
        self._started = asyncio.get_event_loop().create_future()
        self.kernel, self._failed, self._dead = None, False, None

    async def cells(self):
        """Runs all of them; returns when the last has run, one has failed that may not, or the kernel is gone."""
        if not await self._started:
            return
        for index, cell in enumerate(self._notebook["cells"]):
            notebook_file.begin_cell(cell)
            runs = cell.get("cell_type") == "code" and notebook_file.source(cell).strip()
            failed = False
            if runs and "skip-execution" not in notebook_file.tags(cell):
                self._save()
                failed = await self._execute(index, cell)
            notebook_file.end_cell(self._notebook, cell, failed)
            if self._dead or failed and not self._go_on:
                return
            if cell.get("cell_type") == "code":
                self._save()

    async def _execute(self, index, cell):
        """Runs one; True when it has failed."""
        loop, identity = asyncio.get_event_loop(), uuid.uuid4().hex
        self._cells[identity], self._running, self._failed = index, (identity, index), False
        self._reply, self._idle = loop.create_future(), loop.create_future()
        allowed = "raises-exception" in notebook_file.tags(cell)
        self.kernel.send("shell", identity, "execute_request", {
            "code": notebook_file.source(cell), "silent": False, "store_history": True, "user_expressions": {},
            "allow_stdin": False, "stop_on_error": not (allowed or self._go_on)}, {}, ())
        reply = await self._reply
        if not self._dead:
            await asyncio.wait({self._idle}, timeout=SETTLE_S)
        if self._dead:
            self._outputs.hear(index, "error", notebook_file.failure("KernelDied", self._dead))
        self.settle()
        self._running = None
        return bool(self._dead) or (reply.get("status") == "error" or self._failed) and not allowed

    def settle(self):
        """Puts what was heard into the notebook."""
        for index in self._cells.values():
            self._notebook["cells"][index]["outputs"] = self._outputs.of(index)
        self._widgets.settle(self._notebook)

    # -- as a Recorder -------------------------------------------------------------------------------------------------

    def record(self, channel, kind, content, parent="", metadata=b"{}", buffers=(), droppable=False, identity=""):
        """A message of the kernel."""
        self.last_id = identity or self.last_id
        index = self._cells.get(parent)
        content = json.loads(content.decode("utf-8"))
        if channel == "iopub" and kind.startswith("comm_"):
            self._widgets.hear(kind, content, buffers)
        elif channel == "stdin" and kind == "input_request":
            self._nobody(index)
        elif index is None:
            return
        elif channel == "iopub" and kind == "execute_input":
            self._notebook["cells"][index]["execution_count"] = content.get("execution_count")
        elif channel == "iopub" and kind == "status":
            if content.get("execution_state") == "idle" and self._running and parent == self._running[0]:
                self._resolve(self._idle, None)
        elif channel == "iopub":
            self._outputs.hear(index, kind, content)
            self._failed = self._failed or kind == "error" and bool(self._running) and parent == self._running[0]
        elif channel == "shell" and kind == "execute_reply" and self._running and parent == self._running[0]:
            count = content.get("execution_count")
            if isinstance(count, int):
                self._notebook["cells"][index]["execution_count"] = count
            self._resolve(self._reply, content)

    def agent(self, kind, content):
        """It has started, or died."""
        if kind == "started":
            info = (content.get("kernelInfo") or {}).get("language_info")
            if isinstance(info, dict) and isinstance(info.get("name"), str):
                self._notebook["metadata"]["language_info"] = info
            self._resolve(self._started, True)
        elif kind == "died":
            self._dead = _death(content)
            if content.get("reason") == "evicted":  # the scheduler's SIGTERM has come to it before it came to us
                self._end("terminated", "The scheduler ended the job.")
                return
            if not self._started.done():
                self._end("startup", "The kernel did not start. %s" % self._dead)
            self._resolve(self._started, False)
            self._resolve(self._reply, {})

    def gap(self, reason, dropped, size, message=""):
        """Something is missing, and the cell says so."""
        if self._running:
            self._outputs.hear(self._running[1], "stream", {"name": "stderr", "text": "[%s]\n" % message})

    def _nobody(self, index):
        """A kernel that asks although it may not would wait for ever."""
        if index is not None:
            text = "Nobody can answer input() in a batch job. Set what it asks for as a parameter.\n"
            self._outputs.hear(index, "stream", {"name": "stderr", "text": text})
        self._failed = True
        self.kernel.interrupt()

    @staticmethod
    def _resolve(future, value):
        if future is not None and not future.done():
            future.set_result(value)


def _death(content):
    """Why a kernel ended, in words."""
    how = content.get("signal") or ("exit status %s" % content["exitCode"] if content.get("exitCode") is not None else "")
    words = "The kernel has ended: %s" % content.get("reason", "lost")
    # a kernel that had started has said how to connect to it
    last = (content.get("stderr") or "").strip().splitlines()[-1:] if content.get("reason") == "startup" else []
    return "%s%s.%s" % (words, " (%s)" % how if how else "", " " + last[0] if last else "")
