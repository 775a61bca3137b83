"""The worker's side of calling back: it calls the daemon that submitted it, and again when the line breaks or falls silent.

What comes over the line is served as for anybody who attaches.
"""
import asyncio
import hashlib
import ipaddress
import socket
import sys
import time

import call
from client import Client
from door import ask

SILENT_S = 45.0  # the daemon pings every ten
TURN_S = 3 * call.PATIENCE_S  # until those before us have been hung up on
_PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)


class Caller:
    """`card` is from Door.invite."""

    def __init__(self, daemon, card):
        import ssl
        self.daemon, self.card = daemon, card
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._context.check_hostname, self._context.verify_mode = False, ssl.CERT_NONE  # its SHA-256 is compared instead
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2
        self._line, self._round, self._tries, self._next, self._best, self._said = None, None, 0, 0.0, None, ""

    def tick(self):
        """Called about twice a second."""
        now = time.monotonic()
        if self._line:
            if now - self._line.heard > SILENT_S:
                self._line.drop()
        elif self._round is None and now >= self._next:
            self._round = asyncio.ensure_future(self._call())

    async def _call(self):
        words = "it has no address"
        try:
            for host, port in await self._places():
                try:
                    await self._greet(host, port)
                    self._best, self._tries = (host, port), 0
                    return
                except (OSError, ValueError, asyncio.TimeoutError) as error:
                    words = "%s port %d: %s" % (host, port, str(error) or "no answer")
            if words != self._said:
                self._said = words
                sys.stderr.write("The daemon cannot be called. %s\n" % words)
                sys.stderr.flush()
        finally:
            self._round = None
            self._next = time.monotonic() + _PAUSES[min(self._tries, len(_PAUSES) - 1)]
            self._tries += 1

    async def _places(self):
        """[(address, port)], the one that was right before first."""
        found = [self._best] if self._best else []
        for host, port in self.card["hosts"]:
            try:
                found.append((str(ipaddress.ip_address(host)), port))
            except ValueError:
                found += [(each, port) for each in await ask(self.daemon.children, [host]) or ()]
        return list(dict.fromkeys(found))

    async def _greet(self, host, port):
        loop, link = asyncio.get_event_loop(), socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
        link.setblocking(False)
        try:
            await asyncio.wait_for(loop.sock_connect(link, (host, port)), call.PATIENCE_S)
        except BaseException:
            link.close()
            raise
        greeting = _Greeting(self)
        transport, _ = await loop.create_connection(lambda: greeting, sock=link, ssl=self._context, server_hostname="",
                                                    ssl_handshake_timeout=TURN_S)
        try:
            await asyncio.wait_for(greeting.done, TURN_S)
        except BaseException:
            transport.abort()
            raise

    def reached(self, transport, rest):
        """Both have proven who they are."""
        self._line = _Line(self)
        transport.set_protocol(self._line)
        self._line.connection_made(transport)
        if rest:
            self._line.data_received(rest)

    def lost(self):
        """The line broke."""
        self._line, self._next = None, time.monotonic() + _PAUSES[0]


class _Greeting(asyncio.Protocol):
    """Until both have proven who they are; then `done`."""

    def __init__(self, caller):
        self._caller, self._card, self._held, self._transport = caller, caller.card, b"", None
        self._asked, self._nonce = None, call.fresh()
        self.done = asyncio.get_event_loop().create_future()

    def connection_made(self, transport):
        """TLS is there, and nothing has been said. To another than the one we know, nothing is."""
        self._transport = transport
        shown = transport.get_extra_info("ssl_object").getpeercert(binary_form=True) or b""
        if not call.same(hashlib.sha256(shown).hexdigest(), self._card["certificate"]):
            self._fail("it has another certificate")

    def data_received(self, data):
        """Its nonce, its proof."""
        self._held += data
        try:
            self._take()
        except ValueError as error:
            self._fail(str(error))

    def _take(self):
        if self.done.done():
            return
        if self._asked is None:
            fields, self._held = call.cut(self._held, "NONCE", ("nonce",))
            if fields is None:
                return
            self._asked = fields[0]
            self._transport.write(call.line("CALL", job=self._card["job"], nonce=self._nonce, proof=self._proof("worker")))
        fields, self._held = call.cut(self._held, "PROOF", ("proof",))
        if fields is not None:
            if not call.same(fields[0], self._proof("daemon")):
                raise ValueError("it does not know the secret")
            self.done.set_result(None)
            self._caller.reached(self._transport, self._held)

    def _proof(self, who):
        card = self._card
        return call.proof(card["secret"], who, card["job"], card["certificate"], self._asked, self._nonce)

    def connection_lost(self, error):
        """It hung up."""
        self._fail("it hung up")

    def _fail(self, words):
        if not self.done.done():
            self.done.set_exception(ValueError(words))
            self.done.exception()  # the connection may have been given up meanwhile
        self._transport.abort()


class _Line(Client):
    """The daemon as a client of ours."""

    def __init__(self, caller):
        super().__init__(caller.daemon)
        self._caller, self.heard, self._lost = caller, time.monotonic(), False

    def data_received(self, data):
        """It lives."""
        self.heard = time.monotonic()
        super().data_received(data)

    def connection_lost(self, error):
        """To be called again."""
        self._lost = True
        super().connection_lost(error)
        self._caller.lost()

    def write(self, data):
        """Nothing after its end."""
        try:
            self._lost or super().write(data)
        except AttributeError:  # a TLS transport of Python 3.10 or older, between its end and our hearing of it
            self._lost = True

    def drop(self):
        """It has been silent for too long."""
        self.heard = time.monotonic()
        self._transport.abort()
