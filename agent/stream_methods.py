"""What a client can ask for about services on this node, and, with a kernel, on the node of its job: which there are, and
connections to them, each a stream of the client's line (see streams).

    listening    {} -> {ports: [{port, address, pid, command}]}
    job-ports    {kernel} -> the same of its job
    open-stream  {stream, port, kernel or absent} -> {}: `stream` is a number of the client's choice; errors `no-port` `job-over`
    stream       {stream, credit, end, reset} or {arrived} + bytes: see JOBS.md; no reply
"""
import asyncio
import os

import ports
from kernel import Unwilling
from params import BadParams, take
from streams import LUMP, PIECE

CONNECT_S = 10.0


class Service(asyncio.Protocol):
    """The ear of a stream that ends here: a TCP connection to a program of this node."""

    def __init__(self):
        self.stream, self._transport, self._ends, self._lost = None, None, 0, False
        self._unsent, self._paused = 0, False  # of what it said
        self._untaken, self._full = 0, False  # of what it is told

    def connection_made(self, transport):
        """It answers."""
        self._transport = transport
        transport.set_write_buffer_limits(high=PIECE)
        if self.stream.over:
            transport.abort()

    def data_received(self, data):
        """It speaks, and is not listened to any more when nobody takes that."""
        self._unsent += len(data)
        self.stream.write(data)
        if self._unsent >= LUMP and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def sent(self, size):
        """There is room for more."""
        self._unsent -= size
        if self._paused and self._unsent < LUMP:
            self._paused = False
            if not self._lost:
                self._transport.resume_reading()

    def data(self, data):
        """It is spoken to."""
        if self._transport is None or self._lost:  # nobody has waited for the answer
            self.stream.reset()
            return
        self._transport.write(data)
        self._untaken += len(data)
        self._take()

    def pause_writing(self):
        """It does not read."""
        self._full = True

    def resume_writing(self):
        """It reads."""
        self._full = False
        self._take()

    def _take(self):
        if not self._full:
            size, self._untaken = self._untaken, 0
            self.stream.taken(size)

    def eof_received(self):
        """It says no more, and may still listen."""
        self.stream.end()
        self._end()
        return True

    def ended(self):
        """The other side says no more."""
        if self._transport is None:
            self.stream.reset()
            return
        if not self._transport.is_closing():
            self._transport.write_eof()
        self._end()

    def _end(self):
        self._ends += 1
        if self._ends == 2:
            self._transport.close()

    def connection_lost(self, error):
        """It is gone."""
        self._lost = True
        if self._ends < 2:
            self.stream.reset()

    def gone(self):
        """The other side is."""
        if self._transport:
            self._transport.abort()


class Across:
    """The ear of a stream that goes on in another line."""

    def __init__(self):
        self.other = None

    def data(self, data):
        """There."""
        self.other.write(data)

    def sent(self, size):
        """Only then may more come from there: what is held here is bounded."""
        self.other.taken(size)

    def ended(self):
        """There, too."""
        self.other.end()

    def gone(self):
        """There, too."""
        self.other.reset()


def _open(streams, ear, number=None):
    try:
        return streams.open(ear, number)
    except KeyError:
        raise BadParams("there is a stream %d" % number)
    except OverflowError:
        raise Unwilling("busy", "there are too many connections at once")


def _worker(daemon, params):
    """The worker in the job of the kernel that is asked for, None without one."""
    identity = params.get("kernel")
    if identity is None:
        return None
    kernel = daemon.registry.find(take(params, "kernel", str))
    if not (kernel and kernel.job):
        raise Unwilling("job-over", "the kernel does not run in a batch job")
    return kernel.worker()


async def _open_stream(daemon, client, params, attachments):
    """Connects to a port."""
    number, port = take(params, "stream", int), take(params, "port", int)
    if not 0 < port < 65536:
        raise BadParams("port is from 1 to 65535")
    peer = _worker(daemon, params)
    if peer:
        await _relay(client.streams, number, peer, port)
    else:
        await _connect(client.streams, number, port)
    return {}


async def _connect(streams, number, port):
    service, words = Service(), ""
    service.stream = stream = _open(streams, service, number)
    for host in ("127.0.0.1", "::1"):  # some listen on one of them alone
        try:
            await asyncio.wait_for(asyncio.get_event_loop().create_connection(lambda: service, host, port), CONNECT_S)
            return
        except asyncio.TimeoutError:
            words = words or "it does not answer"
        except OSError as error:
            words = words or (os.strerror(error.errno) if error.errno else str(error))
    stream.drop()
    raise Unwilling("no-port", words)


async def _relay(streams, number, peer, port):
    here, there = Across(), Across()
    there.other = _open(streams, here, number)
    try:
        here.other = _open(peer.streams, there)
    except Unwilling:
        there.other.drop()
        raise
    try:
        await peer.request("open-stream", {"stream": here.other.number, "port": port})
    except Unwilling:
        here.other.drop()
        there.other.drop()
        raise


def _stream(daemon, client, params, attachments):
    """Goes on with a stream."""
    client.streams.hear(params, attachments)


def _listening(daemon, client, params, attachments):
    """The TCP ports programs of this account listen on; in a job, those of programs in it."""
    return {"ports": ports.listening(daemon.mark)}


async def _job_ports(daemon, client, params, attachments):
    """The same on the node of a job."""
    take(params, "kernel", str)
    return await _worker(daemon, params).request("listening", {})


METHODS = {"listening": _listening, "job-ports": _job_ports, "open-stream": _open_stream, "stream": _stream}
