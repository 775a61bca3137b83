"""Another daemon of ours, at the other end of a program's standard input and output: requests, replies, events.

`Peer` is one such program, or a stream that is there already (door). `Line` keeps one up: what broke or fell silent is
begun again, at growing intervals.
"""
import asyncio
import json
import os
import signal
import socket
import subprocess
import time

import frames
import process
from kernel import Unwilling
from streams import Streams

PING_S = 10.0
SILENT_S = 30.0  # and the next look: noticed within 40 s
HELLO_S = 60.0
PATIENCE_S = 3.0  # for a program to end by itself
NOISE = 256 * 1024
_HELLO = b"ANSATZ-HELLO "
#: HTCondor lets nobody into a job for about two seconds after its start, and says so at once: short ones until then
_PAUSES = (0.2, 0.3, 0.3, 0.4, 0.5, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)


class Gone(Unwilling):
    """The other side is away; what was asked may or may not have been done."""

    def __init__(self, message="the job cannot be reached just now"):
        super().__init__("busy", message)


class Peer(asyncio.Protocol):
    """Tells its listener: `up(peer)`, then `event(frame, header)` for each event, `turn()` after each portion of them,
    `down()` once."""

    def __init__(self, listener):
        self._listener = listener
        self._transport, self._decoder, self._noise, self._process = None, frames.Decoder(), b"", None
        self._number, self._replies, self.hello, self.ended = 0, {}, None, False
        self._heard = time.monotonic()
        self.streams = Streams(lambda fields, parts: self.tell("stream", fields, parts))

    async def run(self, children, argv, env, log):
        """Starts the program; its complaints go to a file."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
            try:
                self._process = subprocess.Popen(argv, stdin=theirs, stdout=theirs, stderr=handle, env=env, cwd="/",
                                                 start_new_session=True)
            finally:
                os.close(handle)
        except OSError:
            ours.close()
            self._ended()
            return
        finally:
            theirs.close()
        children.watch(self._process, lambda code: self._left())
        await asyncio.get_event_loop().create_unix_connection(lambda: self, sock=ours)
        asyncio.get_event_loop().call_later(PING_S, self._ping)

    def take(self, transport, data):
        """Begins with a stream; `data` has come over it already."""
        transport.set_protocol(self)
        self.connection_made(transport)
        asyncio.get_event_loop().call_later(PING_S, self._ping)
        if data:
            self.data_received(data)

    def connection_made(self, transport):
        """The pipe is there; the other side is not yet."""
        self._transport = transport

    def data_received(self, data):
        """Passes over what a login or a batch system prints before the hello."""
        self._heard = time.monotonic()
        if self.hello is None:
            self._noise += data
            start = self._noise.find(_HELLO)
            end = self._noise.find(b"\n", start) if start >= 0 else -1
            if end < 0:
                self._noise = self._noise[-NOISE:]
                return
            try:
                self.hello = json.loads(self._noise[start + len(_HELLO):end].decode("utf-8"))
            except ValueError:
                self.close()
                return
            data, self._noise = self._noise[end + 1:], b""
            self._listener.up(self)
        try:
            for frame, header, attachments in self._decoder.whole(data):
                if header.get("event") == "stream":
                    self.streams.hear(header, attachments)
                elif "event" in header:
                    self._listener.event(frame, header)
                else:
                    self._answer(header)
        except frames.BadFrame:
            self.close()
            return
        if not self.ended:
            self._listener.turn()

    def _answer(self, header):
        future = self._replies.pop(header.get("id"), None)
        if future is None or future.done():
            return
        if "error" in header:
            future.set_exception(Unwilling(str(header["error"].get("code")), str(header["error"].get("message"))))
        else:
            future.set_result(header.get("result"))

    def connection_lost(self, error):
        """The other side closed."""
        self._ended()

    def _left(self):
        """The program ended. What it wrote is still in the pipe, so its end is waited for, but not for ever."""
        asyncio.get_event_loop().call_later(2.0, self.close)

    def request(self, method, params, attachments=()):
        """Sends a request at once; a future of its result, which fails with Unwilling."""
        future = asyncio.get_event_loop().create_future()
        if self.ended or self.hello is None:
            future.set_exception(Gone())
            return future
        self._number += 1
        self._replies[self._number] = future
        self._transport.write(frames.encode({"id": self._number, "method": method, "params": params}, attachments))
        return future

    def tell(self, method, params, attachments=()):
        """Sends a request that has no reply."""
        if not self.ended and self.hello is not None:
            self._transport.write(frames.encode({"method": method, "params": params}, attachments))

    @property
    def unsent(self):
        """Bytes that the other side has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def _ping(self):
        if self.ended:
            return
        silent = time.monotonic() - self._heard
        if silent > (SILENT_S if self.hello else HELLO_S):
            self.close()
            return
        if self.hello:
            self.request("ping", {}).add_done_callback(lambda future: future.cancelled() or future.exception())
        asyncio.get_event_loop().call_later(PING_S, self._ping)

    def close(self):
        """Ends it; `down` follows at once."""
        if self._transport:
            self._transport.abort()
        self._ended()

    def _ended(self):
        if self.ended:
            return
        self.ended = True
        if self._process and self._process.poll() is None:
            # the end of its input ends it, and only so condor_ssh_to_job removes what it has put into /tmp
            for pause, number in ((PATIENCE_S, signal.SIGTERM), (2 * PATIENCE_S, signal.SIGKILL)):
                asyncio.get_event_loop().call_later(pause, self._kill, number)
        replies, self._replies = self._replies, {}
        for future in replies.values():
            if not future.done():
                future.set_exception(Gone())
                future.exception()  # nobody may be waiting
        self.streams.close()
        self._listener.down()

    def _kill(self, number):
        if self._process.poll() is None:
            try:
                os.killpg(self._process.pid, number)
            except OSError:
                pass


class Line:
    """Keeps a Peer up until close(). `prepare` is a coroutine function of (argv, env), `owner` a listener as of a Peer."""

    def __init__(self, children, prepare, log, owner):
        self._children, self._prepare, self._log, self.owner = children, prepare, log, owner
        self._peer, self._closed, self._tries, self._timer = None, False, 0, None
        self.complaint = ""  # the last words of a program that ended
        self.broken_since = time.monotonic()
        self._begin()

    @property
    def peer(self):
        """The other side, when it has answered; None else."""
        return self._peer if self._peer and self._peer.hello and not self._peer.ended else None

    def _begin(self):
        self._timer = None
        if not self._closed:
            asyncio.ensure_future(self._connect())

    async def _connect(self):
        try:
            argv, env = await self._prepare()
        except (Unwilling, OSError):
            argv = env = None
        if self._closed:
            return
        if argv is None:
            self.down()
            return
        self._peer = Peer(self)
        await self._peer.run(self._children, argv, env, self._log)
        if self._closed:
            self._peer.close()

    def up(self, peer):
        """The other side has said hello."""
        self._tries, self.broken_since = 0, None
        self.owner.up(peer)

    def event(self, frame, header):
        """An event of the other side."""
        if not self._closed:
            self.owner.event(frame, header)

    def turn(self):
        """All that came at once has been told."""
        if not self._closed:
            self.owner.turn()

    def down(self):
        """The peer is gone: another is tried after a pause."""
        if self.broken_since is None:
            self.broken_since = time.monotonic()
        self.complaint = self.words() or self.complaint
        if not self._closed:
            pause = _PAUSES[min(self._tries, len(_PAUSES) - 1)]
            self._tries += 1
            self._timer = asyncio.get_event_loop().call_later(pause, self._begin)
            self.owner.down()

    def words(self):
        """What the program has complained about."""
        return process.tail(self._log, 2000).strip()

    def close(self):
        """For good."""
        self._closed = True
        if self._timer:
            self._timer.cancel()
        if self._peer:
            self._peer.close()
