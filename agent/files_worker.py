"""`agent.pyz files`: file work of one gateway, apart from the daemon, so that no kernel ever waits for a disk.

Speaks frames on standard input and output and ends with its input. Every call has a thread of its own; one that makes no
progress for a while (a network folder that hangs) is answered `slow` and left to itself. See FILES.md for the wire.
"""
import getpass
import json
import os
import queue
import socket
import struct
import sys
import threading
import time
import traceback

import frames
import runtime
from files_errors import Cancelled, FileProblem, of
from files_methods import METHODS

PATIENCE_S = 5
#: so many calls may hang before new ones are refused
STUCK = 64
_SIZES = struct.Struct(">II")


class Call:
    """One request: what its thread sends and receives."""

    def __init__(self, worker, header):
        self.worker, self.id, self.method = worker, header["id"], header["method"]
        self.params = header.get("params") or {}
        self._credit, self._ready = header.get("credit", 0), threading.Condition()
        self._inbox = queue.Queue()
        self._taken = 0
        self.cancelled = self.waiting = False
        self.patience, self.heard = PATIENCE_S, time.monotonic()

    def alive(self):
        """Says that the call gets on; ends it when nobody wants it any more."""
        self.heard = time.monotonic()
        if self.cancelled:
            raise Cancelled()

    def send(self, part, attachments=()):
        """Sends a part of the answer, waiting until the other side has room for it."""
        size = sum(map(len, attachments)) or 1
        self.waiting = True
        with self._ready:
            while self._credit <= 0 and not self.cancelled:
                self._ready.wait()
            self._credit -= size
        self.waiting = False
        self.alive()
        self.worker.write({"id": self.id, "part": part}, attachments)

    def receive(self):
        """The next bytes of the request, or None when it is complete."""
        self.waiting = True
        if self._taken >= 512 * 1024:
            self.worker.write({"id": self.id, "credit": self._taken})
            self._taken = 0
        data = self._inbox.get()
        self.waiting = False
        self.alive()
        if data is not None:
            self._taken += len(data)
        return data

    def hear(self, header, attachments):
        """Something more for a call that runs (on the reading thread)."""
        if header.get("cancel"):
            with self._ready:
                self.cancelled = True
                self._ready.notify_all()
            self._inbox.put(None)
        if header.get("credit"):
            with self._ready:
                self._credit += header["credit"]
                self._ready.notify_all()
        for data in attachments:
            self._inbox.put(data)
        if header.get("end"):
            self._inbox.put(None)


class Worker:
    """The conversation with one gateway."""

    def __init__(self, source, sink):
        self._source, self._sink = source, sink
        self._lock, self._calls, self._stuck = threading.Lock(), {}, 0

    def write(self, header, attachments=()):
        """One frame, whole, whoever else writes. Large attachments are not copied."""
        if attachments:
            header = dict(header, bin=[len(part) for part in attachments])
        text = json.dumps(header).encode("ascii")
        size = 4 + len(text) + sum(map(len, attachments))
        with self._lock:
            self._push(_SIZES.pack(size, len(text)) + text)
            for part in attachments:
                self._push(part)

    def _push(self, data):
        data = memoryview(data)
        while data:
            data = data[os.write(self._sink, data):]

    def run(self):
        """Reads requests until the input ends."""
        threading.Thread(target=self._watch, daemon=True).start()
        while True:
            frame = self._frame()
            if frame is None:
                return
            header, attachments = frame
            call = self._calls.get(header.get("id"))
            if "method" not in header:
                if call:
                    call.hear(header, attachments)
            elif header["method"] == "ping":
                self.write({"id": header["id"], "result": {}})
            else:
                self._begin(header, attachments)

    def _begin(self, header, attachments):
        if self._stuck >= STUCK:
            message = "Too many calls hang in file systems that do not answer."
            self.write({"id": header["id"], "error": {"code": "slow", "message": message}})
            return
        call = Call(self, header)
        self._calls[call.id] = call
        call.hear({}, attachments)
        threading.Thread(target=self._do, args=(call,), daemon=True).start()

    def _do(self, call):
        try:
            method = METHODS.get(call.method)
            if method is None:
                raise FileProblem("unknown-method", "there is no method %s" % str(call.method)[:100])
            outcome = {"result": method(call, call.params) or {}}
        except Cancelled:
            outcome = {"error": {"code": "cancelled", "message": "given up"}}
        except Exception as fault:  # one bad call must not take the others along
            outcome = {"error": explain(fault, call.params)}
        if self._calls.pop(call.id, None):
            self.write(dict(outcome, id=call.id))
        else:
            self._stuck -= 1

    def _watch(self):
        while True:
            time.sleep(0.25)
            now = time.monotonic()
            for call in list(self._calls.values()):
                if not call.waiting and now - call.heard > call.patience and self._calls.pop(call.id, None):
                    self._stuck += 1
                    call.cancelled = True
                    message = "The file system has not answered for %d seconds." % call.patience
                    path = call.params.get("path")
                    self.write({"id": call.id, "error": {"code": "slow", "message": message, "path": path}})

    def _frame(self):
        sizes = self._exactly(8)
        if sizes is None:
            return None
        size, header_size = _SIZES.unpack(sizes)
        if size > frames.LIMIT or header_size > size - 4:
            raise frames.BadFrame("a frame of %d bytes with a header of %d" % (size, header_size))
        text = self._exactly(header_size)
        header = json.loads(bytes(text).decode("utf-8")) if text is not None else None
        attachments, left = [], size - 4 - header_size
        for length in (header or {}).get("bin", []):
            left -= length
            attachments.append(self._exactly(length) if left >= 0 else None)
        if header is None or None in attachments:
            return None
        return header, attachments

    def _exactly(self, size):
        """So many bytes in a buffer of their own, or None at the end of the input."""
        data = bytearray(size)
        view, at = memoryview(data), 0
        while at < size:
            got = os.readv(self._source, [view[at:]])
            if got == 0:
                return None
            at += got
        return data


def explain(fault, params):
    """An exception as the error of an answer."""
    if isinstance(fault, (OSError, UnicodeEncodeError)):
        fault = of(fault, getattr(fault, "filename", None) or params.get("path") or "it")
    if isinstance(fault, FileProblem):
        return dict(fault.more, code=fault.code, message=str(fault), path=fault.path)
    if isinstance(fault, (KeyError, TypeError, ValueError)):
        return {"code": "bad-params", "message": "%s: %s" % (type(fault).__name__, fault)}
    traceback.print_exc(file=sys.stderr)
    return {"code": "internal", "message": "%s: %s" % (type(fault).__name__, fault)}


def main(sha):
    """Runs until standard input ends. What anything prints goes to standard error, never onto the wire."""
    source, sink = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    hello = {"protocol": runtime.PROTOCOL, "agent": sha, "python": "%d.%d.%d" % sys.version_info[:3],
             "host": socket.gethostname(), "user": _user(), "pid": os.getpid(), "boot": runtime.boot_id()}
    os.write(sink, ("ANSATZ-HELLO %s\n" % json.dumps(hello)).encode("ascii"))
    try:
        Worker(source, sink).run()
    except (BrokenPipeError, ConnectionResetError):
        pass
    os._exit(0)  # threads may hang in a file system for ever


def _user():
    try:
        return getpass.getuser()
    except KeyError:
        return str(os.geteuid())
