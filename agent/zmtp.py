"""The ZeroMQ wire protocol, ZMTP 3.0 with the NULL mechanism, as far as a Jupyter client needs it: DEALER and SUB.

We announce 3.0 whatever the peer speaks, so subscribing is a message (3.1 made it a command). A socket reconnects by
itself, because a kernel binds its addresses some time after it was started.
"""
import asyncio
import collections
import struct
import time

MORE, LONG, COMMAND = 1, 2, 4
_GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
#: A larger part is skipped, not stored: it could not be passed on in a frame and would only exhaust the memory
LARGEST = 64 * 1024 * 1024
#: Bytes read and not yet handled, above which reading stops after all
BACKLOG = 256 * 1024 * 1024
SLICE_S = 0.005


def frame(body, flags=0):
    """One ZMTP frame: flags, size, body."""
    if len(body) > 255:
        return struct.pack(">BQ", flags | LONG, len(body)) + body
    return bytes((flags, len(body))) + body


def message(parts):
    """A message of several parts, as the bytes of its frames."""
    last = len(parts) - 1
    return b"".join(frame(part, MORE if i < last else 0) for i, part in enumerate(parts))


def _ready(kind, identity):
    body = b"\x05READY"
    for name, value in ((b"Socket-Type", kind), (b"Identity", identity)):
        body += bytes((len(name),)) + name + struct.pack(">I", len(value)) + value
    return frame(body, COMMAND)


class _Link(asyncio.Protocol):
    """One connection: greeting, handshake, then messages. Calls back into its socket."""

    def __init__(self, owner):
        self.owner, self.transport = owner, None
        self.held, self.parts = bytearray(), []
        self.greeted = self.open = self.behind = self.ended = False
        self.skip = self.skipped = 0

    def connection_made(self, transport):
        self.transport = transport
        self.owner.connected(self)
        transport.write(_GREETING)

    def data_received(self, data):
        self.held += data
        if not self.greeted:
            if len(self.held) < 64:
                return
            if self.held[0] != 0xFF or self.held[10] < 3 or not self.held[12:32].startswith(b"NULL\0"):
                self.transport.abort()
                return
            del self.held[:64]
            self.greeted = True
            self.transport.write(_ready(self.owner.kind, self.owner.identity))
        if not self.behind:
            self._work()
        elif len(self.held) > BACKLOG:
            self.transport.pause_reading()

    def _work(self, limit=SLICE_S):
        """Handles frames for a moment, then lets the loop read on. A publisher drops what is not taken within about a
        thousand messages, so reading must never wait for what is done with them."""
        at, end = 0, time.monotonic() + limit
        self.behind = False
        while not self.owner.closed:
            used = self._frame(at)
            if not used:
                break
            at += used
            if time.monotonic() > end:
                self.behind = True
                asyncio.get_event_loop().call_soon(self._resume)
                break
        del self.held[:at]
        if len(self.held) < BACKLOG // 2 and not self.ended:
            self.transport.resume_reading()

    def _resume(self):
        if self.behind and not self.ended:
            self._work()

    def _frame(self, at):
        """Handles the frame at an offset, or as much as is there of one to be skipped. Returns the bytes used up."""
        held = len(self.held) - at
        if self.skip:
            used = min(self.skip, held)
            self.skip -= used
            return used
        if held < 2:
            return 0
        flags, head = self.held[at], 2
        size = self.held[at + 1]
        if flags & LONG:
            head = 9
            if held < 9:
                return 0
            size = struct.unpack_from(">Q", self.held, at + 1)[0]
        if size > LARGEST:
            self.skip, self.skipped = size, self.skipped + size
            self._part(flags, None)
            return head
        if held < head + size:
            return 0
        with memoryview(self.held) as view:
            body = bytes(view[at + head:at + head + size])
        if flags & COMMAND:
            self._command(body)
        else:
            self._part(flags, body)
        return head + size

    def _part(self, flags, body):
        self.parts.append(body)
        if flags & MORE:
            return
        parts, self.parts = self.parts, []
        if None in parts:
            skipped, self.skipped = self.skipped, 0
            self.owner.on_skipped(skipped)
        else:
            self.owner.on_message(parts)

    def _command(self, body):
        name, rest = body[1:1 + body[0]] if body else b"", body[1 + body[0]:] if body else b""
        if name == b"READY" and not self.open:
            self.open = True
            self.owner.linked(self)
        elif name == b"PING":  # two bytes of time to live, then up to 16 of context to be sent back
            self.transport.write(frame(b"\x04PONG" + rest[2:18], COMMAND))
        elif name == b"ERROR":
            self.transport.abort()

    def connection_lost(self, error):
        self.ended = True
        if self.greeted:
            self._work(float("inf"))  # what has arrived is delivered before the end is
        self.owner.unlinked(self)


class Socket:
    """A DEALER or SUB that connects to one address and keeps connecting until it is closed.

    on_message(parts), on_skipped(bytes) and on_link(bool) are called from the event loop, never from within send().
    """

    def __init__(self, kind, address, identity, on_message, on_skipped, on_link):
        self.kind, self.address, self.identity = kind, address, identity
        self.on_message, self.on_skipped, self._on_link = on_message, on_skipped, on_link
        self._link = self._task = None
        self._waiting = collections.deque()
        self.closed = self._final = False

    def open(self):
        """Starts connecting."""
        self._task = asyncio.ensure_future(self._connect())

    @property
    def linked_now(self):
        """True while the handshake stands."""
        return self._link is not None and self._link.open

    @property
    def busy(self):
        """True while a connection, or an attempt at one, is there."""
        return self._link is not None or not (self._task is None or self._task.done())

    @property
    def backlog(self):
        """Bytes accepted by send() that the kernel has not taken yet."""
        held = sum(map(len, self._waiting))
        return held + (self._link.transport.get_write_buffer_size() if self._link and self._link.transport else 0)

    def send(self, parts):
        """Sends a message now or, when there is no connection, as soon as there is one."""
        data = message(parts)
        if self.linked_now:
            self._link.transport.write(data)
        else:
            self._waiting.append(data)

    def no_more(self):
        """The peer has died: read what is left, do not connect again."""
        self._final = True
        if self._task and self._link is None:
            self._task.cancel()
            self._task = None

    def close(self):
        """Ends the connection at once."""
        self.closed = True
        self.no_more()
        if self._link and self._link.transport:
            self._link.transport.abort()

    async def _connect(self):
        loop, pause = asyncio.get_event_loop(), 0.01
        while not (self.closed or self._final):
            try:
                if self.address[0] == "ipc":
                    await loop.create_unix_connection(lambda: _Link(self), self.address[1])
                else:
                    await loop.create_connection(lambda: _Link(self), self.address[1], self.address[2])
                return
            except OSError:
                await asyncio.sleep(pause)
                pause = min(pause * 1.5, 0.25)

    def connected(self, link):
        """There is a connection, still without a handshake (called by the connection)."""
        self._link = link
        if self.closed:
            link.transport.abort()

    def linked(self, link):
        """The handshake is done (called by the connection)."""
        if self.kind == b"SUB":
            link.transport.write(frame(b"\x01"))
        while self._waiting:
            link.transport.write(self._waiting.popleft())
        self._on_link(True)

    def unlinked(self, link):
        """The connection ended (called by the connection)."""
        self._link = None
        if not (self.closed or self._final):
            self._task = asyncio.get_event_loop().create_task(self._again())
        self._on_link(False)

    async def _again(self):
        await asyncio.sleep(0.1)
        await self._connect()
