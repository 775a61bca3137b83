"""The four channels of one kernel (shell, control, stdin, iopub) and its connection file.

Kernels built on xeus read their own addresses back into 32 bytes and end when one is longer, so a kernel is told short
ones: through a link in /tmp that leads to its private folder. We connect to the folder itself, so nobody can turn the
link against us, and it goes as soon as the kernel listens.
"""
import asyncio
import binascii
import os
import tempfile

import jupyter
import runtime
import zmtp

_PORTS = {"shell": 1, "iopub": 2, "stdin": 3, "control": 4, "hb": 5}
#: Bytes of an address, its end included
ADDRESS_MAX = 32
#: Bytes a kernel may leave untaken before it counts as stuck
BACKLOG = 64 * 1024 * 1024


def new_connection(folder):
    """Writes a connection file for Unix sockets in this folder and returns what is in it, the key included."""
    clear(folder)
    connection = {"transport": "ipc", "ip": os.path.join(_short(folder), "k"), "signature_scheme": "hmac-sha256",
                  "key": binascii.hexlify(os.urandom(32)).decode("ascii"), "kernel_name": ""}
    connection.update(("%s_port" % name, port) for name, port in _PORTS.items())
    runtime.write_json(connection_path(folder), connection)
    return dict(connection, ip=os.path.join(folder, "k"))


def known_connection(folder):
    """What an earlier new_connection() has returned; None when it cannot be read."""
    connection = runtime.read_json(connection_path(folder))
    return dict(connection, ip=os.path.join(folder, "k")) if connection else None


def _short(folder):
    """Another name of a folder, short enough for every kernel; the folder itself where that cannot be had."""
    if len("ipc://%s/k-1" % folder) < ADDRESS_MAX:
        return folder
    for _ in range(100):
        name = tempfile.mktemp(prefix="ansatz-", dir="/tmp")  # os.symlink fails where something is, so the race is none
        try:
            os.symlink(folder, name)
            return name
        except FileExistsError:
            continue
        except OSError:
            break
    return folder


def connection_path(folder):
    """Where the connection file is."""
    return os.path.join(folder, "connection.json")


def listening(folder):
    """The kernel has found its addresses, so they need no short name any more; the file says the lasting ones."""
    connection = runtime.read_json(connection_path(folder)) or {}
    short = os.path.dirname(str(connection.get("ip", "")))
    try:
        if short != folder and os.readlink(short) == folder:
            runtime.write_json(connection_path(folder), dict(connection, ip=os.path.join(folder, "k")))
            os.unlink(short)
    except OSError:
        pass


def clear(folder):
    """Removes what a dead kernel leaves: its sockets and the key."""
    listening(folder)
    names = ["k-%d" % port for port in _PORTS.values()] + ["connection.json"]
    for path in (os.path.join(folder, name) for name in names):
        try:
            os.unlink(path)
        except OSError:
            pass


class Channels:
    """Connections to a kernel. `on_message(channel, message)`, `on_fault(channel, bytes)` for one that was too large,
    `on_subscribed(bool)` as iopub comes and goes.

    One identity for all: a kernel finds the stdin connection by the identity of the shell request. It is the same
    again after a restart of the agent, so that replies to what was sent before still arrive.
    """

    def __init__(self, connection, identity, on_message, on_fault, on_subscribed):
        self._session = jupyter.Session(connection["key"], identity)
        self._on_message, self._on_fault, self._ended, self._drained = on_message, on_fault, None, False
        self.rejected = 0
        self._sockets = {}
        for name in ("iopub", "shell", "control", "stdin"):
            self._sockets[name] = zmtp.Socket(
                b"SUB" if name == "iopub" else b"DEALER", _address(connection, name),
                b"" if name == "iopub" else identity.encode("ascii"), self._receiver(name),
                lambda size, name=name: on_fault(name, size),
                lambda up, name=name: self._linked(name, up, on_subscribed))

    def _receiver(self, channel):
        def receive(parts):
            try:
                message = self._session.unpack(parts)
            except jupyter.Rejected:
                self.rejected += 1
                return
            self._on_message(channel, message)
        return receive

    def _linked(self, name, up, on_subscribed):
        if name == "iopub":
            on_subscribed(up)
        self._check_drained()

    def open(self):
        """Starts connecting all of them."""
        for socket in self._sockets.values():
            socket.open()

    def send(self, channel, identity, kind, content, metadata=None, buffers=(), subshell=None):
        """Sends a message, as soon as there is a connection."""
        self._sockets[channel].send(
            self._session.pack(identity, kind, content, metadata, buffers, subshell=subshell))

    def stuck(self, channel):
        """True when the kernel has stopped taking messages."""
        return self._sockets[channel].backlog > BACKLOG

    def drain(self, ended, limit=1.0):
        """The process has died: calls ended() once when everything it wrote has been read, or after `limit` seconds
        (a process it forked may hold the connections open)."""
        self._ended = ended
        for socket in self._sockets.values():
            socket.no_more()
        loop = asyncio.get_event_loop()
        loop.call_soon(self._check_drained)
        loop.call_later(limit, self._finish)

    def _check_drained(self):
        if self._ended and not any(socket.busy for socket in self._sockets.values()):
            self._finish()

    def _finish(self):
        if not self._drained:
            self._drained = True
            self._ended()

    def forget(self):
        """What was heard before may be said again."""
        self._session.forget()

    def close(self):
        """Ends all connections at once."""
        for socket in self._sockets.values():
            socket.close()


def _address(connection, name):
    port = connection["%s_port" % name]
    if connection["transport"] == "ipc":
        return ("ipc", "%s-%d" % (connection["ip"], port))
    return ("tcp", connection["ip"], port)
