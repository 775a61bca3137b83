"""Between the plain kernel and its clients: the thread that owns the sockets, and the order in which things are sent.

Whatever the kernel wants to say goes through one queue, so a reply never overtakes the text printed before it. Text is
gathered for a moment and sent in larger pieces. The main thread is free for the user's code, which only it can run:
Python delivers signals to the main thread.
"""
import codecs
import collections
import functools
import os
import selectors
import signal
import socket
import threading
import time
import traceback
import uuid

import jupyter
from plain_sockets import Listener

GATHER_S = 0.04
PATIENCE_S = 5.0
#: Items waiting, and bytes that clients have not taken, above which whoever prints has to wait
WAITING, WAITING_LARGE, UNSENT = 20000, 64, 32 * 1024 * 1024
_KINDS = {"shell": b"ROUTER", "control": b"ROUTER", "stdin": b"ROUTER", "iopub": b"XPUB", "hb": b"REP"}


class Wire:
    """`on_message(channel, identity, parts)` is called on the wire's thread for shell, control and stdin."""

    def __init__(self, connection, on_message):
        scheme = connection.get("signature_scheme", "hmac-sha256")
        if scheme != "hmac-sha256":
            raise ValueError("the signature scheme %s is not supported" % scheme)
        self.session = jupyter.Session(connection["key"], uuid.uuid4().hex)
        #: The header of the request that output belongs to
        self.parent = {}
        self._on_message, self._process = on_message, os.getpid()
        self._outbox, self._pending, self._topic, self._due = collections.deque(), [], None, 0.0
        self._lazy = self._urgent = self._ending = False
        self._unsent, self._progress = 0, 0.0
        #: A descriptor for what concerns only whoever looks after this kernel
        self.log = 2
        self._selector = selectors.DefaultSelector()
        self._waker, self._woken = socket.socketpair()
        for end in (self._waker, self._woken):
            end.setblocking(False)
        self._selector.register(self._woken, selectors.EVENT_READ, lambda events: self._woken.recv(4096))
        self._listeners = {
            name: Listener(kind, _address(connection, name), self._selector, functools.partial(self._received, name))
            for name, kind in _KINDS.items()}
        self._pipes = {}
        os.register_at_fork(after_in_child=self._forked)
        self._thread = threading.Thread(target=self._run, name="ansatz-wire", daemon=True)

    def start(self):
        """Starts the thread, which never takes a signal that is meant for the user's code."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        self._thread.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def capture(self, descriptor, name):
        """What child processes and C code write to a descriptor becomes output too. Returns the old one, duplicated."""
        reading, writing = os.pipe()
        old = os.dup(descriptor)
        os.dup2(writing, descriptor)
        os.close(writing)
        os.set_blocking(reading, False)
        self._pipes[reading] = (name, codecs.getincrementaldecoder("utf-8")("replace"))
        self._selector.register(reading, selectors.EVENT_READ, lambda events: self._drain() or self._read_pipe(reading))
        return old

    # -- called from any thread ----------------------------------------------------------------------------------------

    def send(self, channel, identity, kind, content, parent):
        """A message to one client. Raises TypeError when the content is not JSON."""
        parts = self.session.pack(uuid.uuid4().hex, kind, content, parent=parent)
        self._post(functools.partial(self._listeners[channel].send, identity, parts))

    def publish(self, kind, content, metadata=None, parent=None):
        """A message to all clients. Raises TypeError when the content is not JSON."""
        parent = self.parent if parent is None else parent
        parts = self.session.pack(uuid.uuid4().hex, kind, content, metadata, parent=parent)
        self._wait(WAITING_LARGE if sum(map(len, parts)) > 65536 else WAITING)
        self._post(functools.partial(self._listeners["iopub"].publish, [kind.encode("ascii")] + parts))

    def write(self, name, text):
        """A piece of stdout or stderr."""
        self._wait(WAITING_LARGE if len(text) > 65536 else WAITING)
        self._outbox.append((name, text, self.parent))
        if not self._lazy:
            self._lazy = True
            self._wake()

    def sync(self):
        """Returns when everything said so far has been handed to the sockets."""
        done = threading.Event()
        self._post(done.set)
        done.wait(10)

    def stop(self):
        """Sends what there is to send, then ends the thread."""
        self._post(self._finish)
        self._thread.join(5)

    def _post(self, item):
        self._outbox.append(item)
        if not self._urgent:
            self._urgent = True
            self._wake()

    def _wake(self):
        try:
            self._waker.send(b"\0")
        except OSError:
            pass  # it is full, so the thread will wake up

    def _wait(self, limit):
        """Holds back whoever talks faster than the clients listen, as long as one of them does listen."""
        if threading.current_thread() is self._thread:
            return
        while True:
            unsent, now = max([peer.backlog for peer in tuple(self._listeners["iopub"].peers)] or [0]), time.monotonic()
            if unsent <= UNSENT or unsent < self._unsent:
                self._progress = now
            self._unsent = unsent
            if len(self._outbox) <= limit and (unsent <= UNSENT or now - self._progress > PATIENCE_S):
                return
            time.sleep(0.002)

    # -- on the thread -------------------------------------------------------------------------------------------------

    def _run(self):
        try:
            while not self._ending:
                self._turn(max(0, self._due - time.monotonic()) if self._pending else None)
                self._drain()
                while self._pending and time.monotonic() >= self._due:
                    self._flush()
                    self._drain()  # what was printed meanwhile did not wake us
            end = time.monotonic() + 2
            listeners = self._listeners.values()
            while any(peer.backlog for each in listeners for peer in each.peers) and time.monotonic() < end:
                self._turn(0.1)
            for listener in listeners:
                listener.close()
        except BaseException:
            os.write(self.log, traceback.format_exc().encode("utf-8", "replace"))
            os._exit(1)  # nobody could talk to this kernel any more

    def _turn(self, timeout):
        for key, events in self._selector.select(timeout):
            key.data(events)

    def _drain(self):
        """Takes in what has been posted. A flag is cleared before the queue is looked at, so nothing is overlooked."""
        self._urgent = False
        while self._outbox:
            item = self._outbox.popleft()
            if isinstance(item, tuple):
                self._take(*item)
            else:
                for pipe in list(self._pipes):
                    self._read_pipe(pipe)
                self._flush()
                item()

    def _take(self, name, text, parent):
        if self._pending and (self._topic[0] != name or self._topic[1] is not parent):
            self._send_text()
        if not self._pending:
            self._topic, self._due, self._lazy = (name, parent), time.monotonic() + GATHER_S, True
        self._pending.append(text)

    def _flush(self):
        self._lazy = False
        self._send_text()

    def _send_text(self):
        if self._pending:
            (name, parent), text, self._pending = self._topic, "".join(self._pending), []
            parts = self.session.pack(uuid.uuid4().hex, "stream", {"name": name, "text": text}, parent=parent)
            self._listeners["iopub"].publish([b"stream." + name.encode("ascii")] + parts)

    def _read_pipe(self, pipe):
        name, decoder = self._pipes[pipe]
        try:
            for _ in range(64):  # bounded: a process left in the background may write for ever
                data = os.read(pipe, 1 << 16)
                if not data:
                    self._selector.unregister(pipe)  # the user's code has closed the descriptor
                    del self._pipes[pipe]
                    return
                text = decoder.decode(data)
                if text:
                    self._take(name, text, self.parent)
        except BlockingIOError:
            pass

    def _received(self, channel, peer, parts):
        if channel == "hb":
            self._listeners["hb"].send(peer.identity, parts)
        elif channel == "iopub":  # somebody has subscribed and may now know that nothing will be missed (JEP 65)
            content = {"subscription": parts[0].decode("utf-8", "replace")}
            welcome = self.session.pack(uuid.uuid4().hex, "iopub_welcome", content)
            self._listeners["iopub"].send(peer.identity, [parts[0]] + welcome)
        else:
            self._on_message(channel, peer.identity, parts)

    def _finish(self):
        self._ending = True

    def _forked(self):
        """In a process the user's code has forked off: the conversation is not its own."""
        if os.getpid() != self._process:
            for listener in self._listeners.values():
                listener.forget()


def _address(connection, name):
    port = connection["%s_port" % name]
    if connection["transport"] == "ipc":
        return ("ipc", "%s-%d" % (connection["ip"], port))
    return ("tcp", connection["ip"], port)
