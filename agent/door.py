"""Where jobs call back to, when the scheduler has no way into them: a TCP port of this node, open while there is such a job.

Who calls has a few seconds for TLS and for the proof that it is the job it says (see call), and only a few are listened to
at once; others wait in the backlog. The stream of one that has proven itself becomes the line to its kernel.
"""
import asyncio
import importlib.util
import json
import os
import random
import re
import socket
import sys
import time

import call
import certificate
from kernel import Unwilling
from peer import Line, Peer

AT_ONCE = 8
KNOWN_S = 600.0  # how long the names of this node are believed
AGAIN_S = 3.0  # until a port that was taken is tried again
#: `host`, `host:port`, `[address]:port`, or a bare address with its colons
_HOST = re.compile(r"\[(.*?)\](?::(\d+))?\Z|([^:]*):(\d+)\Z|(.*)\Z", re.S)


class _Guest:
    """A job that may call."""

    def __init__(self, secret, port, early):
        self.secret, self.port, self.early, self.line = secret, port, early, None


class Door:
    """`folder` is private and has the certificate."""

    def __init__(self, children, folder):
        self._children, self._folder, self._making = children, folder, asyncio.Lock()
        self._guests, self._listeners, self._callers, self._tried_at = {}, {}, 0, 0.0
        self._context, self._certificate, self._hosts = None, None, (0.0, None)

    async def problem(self, environment):
        """Why it cannot be opened, or empty."""
        if not importlib.util.find_spec("_ssl"):
            return "This Python has no TLS."
        if certificate.read(self._folder) or certificate.program(environment):
            return ""
        return "There is no openssl on this machine for a job to call back to it."

    # -- guests --------------------------------------------------------------------------------------------------------

    async def invite(self, token, environment, early):
        """Lets a job call from now on: what it must know, for its eyes only. `early()`: it called and nobody answers yet."""
        async with self._making:
            try:
                if not self._guests or self._context is None:
                    await self._prepare(environment)
            except (certificate.Missing, ImportError, OSError) as fault:
                raise Unwilling("submit", str(fault))
            hosts = await self._names(environment)
            port = next(iter(self._listeners), None) or self._choose(environment)
            guest = self._guests[token] = _Guest(call.fresh(), port, early)
        return {"job": token, "secret": guest.secret, "certificate": self._certificate,
                "hosts": [[host, its or port] for host, its in hosts]}

    def expect(self, token, saved, early):
        """The same for one that an earlier daemon has invited; `saved` is from saved()."""
        self._guests[token] = _Guest(saved["secret"], int(saved["port"]), early)
        self.tick()

    def saved(self, token):
        """What expect() takes, None for a job that does not call."""
        guest = self._guests.get(token)
        return {"secret": guest.secret, "port": guest.port} if guest else None

    def answer(self, token, line):
        """Gives the calls of a job to a line."""
        if token in self._guests:
            self._guests[token].line = line

    def forget(self, token):
        """It may never call again; without any guest the ports are closed."""
        self._guests.pop(token, None)
        wanted = {guest.port for guest in self._guests.values()}
        for port in [each for each in self._listeners if each not in wanted]:
            listener = self._listeners.pop(port)
            asyncio.get_event_loop().remove_reader(listener.fileno())
            listener.close()

    # -- the certificate, the names and the port -----------------------------------------------------------------------

    async def _prepare(self, environment):
        known = certificate.read(self._folder)
        if not known or known[1] > certificate.OLD_S and certificate.program(environment):
            await certificate.make(self._children, self._folder, environment)
        self._load()

    def _load(self):
        import ssl
        known = certificate.read(self._folder)
        if not known:
            raise certificate.Missing("The certificate of this machine is away.")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate.path(self._folder))
        self._context, self._certificate = context, known[0]

    async def _names(self, environment):
        """[(host, port, or 0 for our own)] to be tried."""
        chosen = _setting("ANSATZ_CALL_BACK_HOST", environment)
        if chosen:
            parts = [_HOST.match(each.strip()) for each in chosen.split(",")]
            return [(part.group(1) or part.group(3) or part.group(5), int(part.group(2) or part.group(4) or 0)) for part in parts]
        if self._hosts[1] is None or time.monotonic() - self._hosts[0] > KNOWN_S:
            self._hosts = time.monotonic(), await ask(self._children, []) or [socket.gethostname()]
        return [(host, 0) for host in self._hosts[1]]

    def _choose(self, environment):
        ports, problem = [0], "none is given"
        chosen = _setting("ANSATZ_CALL_BACK_PORTS", environment)
        if chosen:
            found = re.match(r"(\d{1,5})(?:-(\d{1,5}))?\Z", chosen)
            ports = list(range(int(found.group(1)), int(found.group(2) or found.group(1)) + 1)) if found else []
            random.shuffle(ports)
        for port in ports:
            try:
                return self._listen(port)
            except (OSError, OverflowError) as error:
                problem = str(error)
        raise Unwilling("submit", "no port for jobs to call back to (%s): %s" % (chosen or "any", problem))

    def _listen(self, port):
        try:
            made = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)
        except (OSError, ValueError):  # no IPv6 here
            made = socket.create_server(("", port))
        made.setblocking(False)
        port = made.getsockname()[1]
        self._listeners[port] = made
        self._resume()
        return port

    def tick(self):
        """Opens what is to be open: a port may be taken for a while after an earlier daemon."""
        missing = {guest.port for guest in self._guests.values()} - set(self._listeners)
        if missing and time.monotonic() - self._tried_at > AGAIN_S:
            self._tried_at = time.monotonic()
            for port in missing:
                try:
                    if self._context is None:
                        self._load()
                    self._listen(port)
                except (certificate.Missing, ImportError, OSError, OverflowError) as error:
                    sys.stderr.write("jobs cannot call back to port %d: %s\n" % (port, error))
        self._resume()

    # -- callers -------------------------------------------------------------------------------------------------------

    def _resume(self):
        loop = asyncio.get_event_loop()
        for listener in self._listeners.values():
            if self._callers < AT_ONCE:
                loop.add_reader(listener.fileno(), self._accept, listener)
            else:
                loop.remove_reader(listener.fileno())

    def _accept(self, listener):
        try:
            link, _ = listener.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError:  # no descriptor is left: until the next tick
            asyncio.get_event_loop().remove_reader(listener.fileno())
            return
        link.setblocking(False)
        link.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._callers += 1
        self._resume()
        asyncio.ensure_future(self._hear(link))

    async def _hear(self, link):
        caller = _Caller(self)
        try:
            await asyncio.get_event_loop().connect_accepted_socket(
                lambda: caller, link, ssl=self._context, ssl_handshake_timeout=call.PATIENCE_S)
            await asyncio.wait_for(caller.done, call.PATIENCE_S)
        except (OSError, asyncio.TimeoutError):
            pass
        finally:
            caller.refuse()
            self._callers -= 1
            self._resume()

    def proven(self, job, asked, answered, proof):
        """(line or None, our own proof) when that is the job; None else."""
        guest = self._guests.get(job)
        words = job, self._certificate, asked, answered
        if not guest or not call.same(call.proof(guest.secret, "worker", *words), proof):
            return None
        if guest.line is None:
            guest.early()
        return guest.line, call.proof(guest.secret, "daemon", *words)


class _Caller(asyncio.Protocol):
    """One of whom nothing is known yet. `done` when that is over."""

    def __init__(self, door):
        self._door, self._nonce, self._held, self._transport = door, call.fresh(), b"", None
        self.done = asyncio.get_event_loop().create_future()

    def connection_made(self, transport):
        """TLS is there."""
        self._transport = transport
        transport.write(call.line("NONCE", nonce=self._nonce))

    def data_received(self, data):
        """Its proof."""
        if self.done.done():
            return
        self._held += data
        try:
            fields, rest = call.cut(self._held, "CALL", ("job", "nonce", "proof"))
        except ValueError:
            self.refuse()
            return
        if fields is None:
            return
        line, proof = self._door.proven(fields[0], self._nonce, *fields[1:]) or (None, "")
        if line is None:
            self.refuse()
            return
        transport, self._transport = self._transport, None
        self.done.set_result(None)
        transport.write(call.line("PROOF", proof=proof))
        line.take(transport, rest)

    def connection_lost(self, error):
        """It went."""
        self.refuse()

    def refuse(self):
        """Closes it, unless it has been let in."""
        if self._transport:
            self._transport.abort()
            self._transport = None
        if not self.done.done():
            self.done.set_result(None)


class CalledLine(Line):
    """A line that the other side begins, again and again if need be."""

    def __init__(self, door, token, owner):
        self._door, self._token, self._port = door, token, door.saved(token)["port"]
        super().__init__(None, None, None, owner)
        self.complaint = self.words()

    def _begin(self):
        self._timer = None
        if not self._closed:
            self._door.answer(self._token, self)

    def words(self):
        """There is no program that could complain."""
        return "The job does not call back to this machine, port %d." % self._port

    def take(self, transport, rest):
        """The worker has called. A former line may be broken without our having noticed."""
        if self._peer:
            self._peer.close()
        self._peer = Peer(self)
        self._peer.take(transport, rest)

    def close(self):
        """For good: the job may not call again."""
        super().close()
        self._door.forget(self._token)


async def ask(children, names):
    """What addresses.main says, None where it fails."""
    program = os.path.dirname(os.path.abspath(__file__))
    code, out, _ = await children.run([sys.executable, program, "addresses"] + names, 10.0)
    try:
        return json.loads(out) if code == 0 else None
    except ValueError:
        return None


def _setting(name, environment):
    """What an administrator has set, in our environment or in that of a login shell."""
    return os.environ.get(name) or environment.get(name) or ""
