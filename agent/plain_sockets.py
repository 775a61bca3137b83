"""The server side of ZMTP 3.0 (NULL mechanism) for the plain kernel: ROUTER, XPUB and REP over Unix sockets and TCP.

We announce 3.0, so a libzmq of today speaks 3.0 with us; what 3.1 made commands (SUBSCRIBE, PING) is understood too.
Everything here runs on one thread.
"""
import collections
import os
import selectors
import socket
import struct

from zmtp import COMMAND, LARGEST, LONG, MORE, frame, message

_GREETING = b"\xff" + bytes(8) + b"\x7f" + b"\x03\x00" + b"NULL".ljust(20, b"\0") + bytes(32)
#: Bytes a subscriber may leave untaken before what is published is dropped for it, as a PUB socket does it
UNTAKEN = 256 * 1024 * 1024


class Peer:
    """One connection: greeting, handshake, then messages, which go to its listener."""

    def __init__(self, connection, listener, selector):
        self.listener, self.identity, self.topics, self.open, self.backlog = listener, b"", set(), False, 0
        self._connection, self._selector = connection, selector
        self._greeted = self._ended = self._waiting = False
        self._held, self._parts, self._out = bytearray(), [], collections.deque()
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ, self.handle)
        self.write(_GREETING)

    def handle(self, events):
        """Reads and writes what can be read and written."""
        try:
            if events & selectors.EVENT_READ:
                self._read()
            if events & selectors.EVENT_WRITE and not self._ended:
                self._flush()
        except (BlockingIOError, InterruptedError):
            pass
        except (OSError, ValueError, IndexError, struct.error):  # gone, or not a ZMTP peer
            self.close()

    def write(self, data):
        """Sends bytes now or as soon as the peer takes them."""
        if self._ended:
            return
        self._out.append(memoryview(data))
        self.backlog += len(data)
        if len(self._out) == 1:
            try:
                self._flush()
            except (BlockingIOError, InterruptedError):
                self._waiting = True
                self._selector.modify(self._connection, selectors.EVENT_READ | selectors.EVENT_WRITE, self.handle)
            except OSError:
                self.close()

    def _flush(self):
        while self._out:
            sent = self._connection.send(self._out[0])
            self.backlog -= sent
            if sent == len(self._out[0]):
                self._out.popleft()
            else:
                self._out[0] = self._out[0][sent:]
        if self._waiting:
            self._waiting = False
            self._selector.modify(self._connection, selectors.EVENT_READ, self.handle)

    def _read(self):
        data = self._connection.recv(1 << 18)
        if not data:
            self.close()
            return
        self._held += data
        at = 0
        if not self._greeted:
            if len(self._held) < 64:
                return
            if self._held[0] != 0xFF or self._held[10] < 3 or not self._held[12:32].startswith(b"NULL\0"):
                self.close()
                return
            self._greeted, at = True, 64
            kind = self.listener.kind
            self.write(frame(b"\x05READY\x0bSocket-Type" + struct.pack(">I", len(kind)) + kind, COMMAND))
        while not self._ended and len(self._held) - at >= 2:
            flags, head, size = self._held[at], 2, self._held[at + 1]
            if flags & LONG:
                if len(self._held) - at < 9:
                    break
                head, size = 9, struct.unpack_from(">Q", self._held, at + 1)[0]
            if size > LARGEST:
                raise ValueError("too large")
            if len(self._held) - at < head + size:
                break
            body = bytes(self._held[at + head:at + head + size])
            at += head + size
            if flags & COMMAND:
                self._command(body[1:1 + body[0]], body[1 + body[0]:])
                continue
            self._parts.append(body)
            if not flags & MORE:
                parts, self._parts = self._parts, []
                self._message(parts)
        del self._held[:at]

    def _command(self, name, rest):
        if name == b"READY":
            at = 0
            while at < len(rest):
                key = rest[at + 1:at + 1 + rest[at]]
                at += 1 + rest[at]
                size = struct.unpack_from(">I", rest, at)[0]
                if key.lower() == b"identity":
                    self.identity = rest[at + 4:at + 4 + size]
                at += 4 + size
            self.open = True
            self.listener.joined(self)
        elif name == b"PING":  # two bytes of time to live, then a context to be sent back
            self.write(frame(b"\x04PONG" + rest[2:18], COMMAND))
        elif name == b"SUBSCRIBE":
            self._subscribe(rest)
        elif name == b"CANCEL":
            self.topics.discard(rest)
        elif name == b"ERROR":
            self.close()

    def _message(self, parts):
        if self.listener.kind != b"XPUB":
            self.listener.on_message(self, parts)
        elif parts[0][:1] == b"\x01":
            self._subscribe(parts[0][1:])
        elif parts[0][:1] == b"\x00":
            self.topics.discard(parts[0][1:])

    def _subscribe(self, topic):
        self.topics.add(topic)
        self.listener.on_message(self, [topic])

    def close(self):
        """Ends the connection."""
        if not self._ended:
            self._ended, self.open, self.backlog = True, False, 0
            self._out.clear()
            self._selector.unregister(self._connection)
            self._connection.close()
            self.listener.left(self)

    def forget(self):
        """Closes our descriptor and nothing else: for a process that was forked off."""
        self._connection.close()


class Listener:
    """One bound address and its peers. `on_message(peer, parts)`; for XPUB it tells a new subscription: [topic]."""

    def __init__(self, kind, address, selector, on_message):
        self.kind, self.on_message, self.peers = kind, on_message, set()
        self._selector, self._by_identity, self._path = selector, {}, None
        if address[0] == "ipc":
            self._socket, self._path = socket.socket(socket.AF_UNIX), address[1]
            self._unlink()
            mask = os.umask(0o177)  # whoever can connect can run code
            try:
                self._socket.bind(self._path)
            finally:
                os.umask(mask)
        else:
            host = "" if address[1] == "*" else address[1]
            self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self._socket.bind((host, address[2]))
        self._socket.listen(64)
        self._socket.setblocking(False)
        selector.register(self._socket, selectors.EVENT_READ, self._accept)

    def _accept(self, events):
        try:
            connection = self._socket.accept()[0]
            if self._path is None:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError:
            return
        self.peers.add(Peer(connection, self, self._selector))

    def joined(self, peer):
        """Its handshake is done; whoever comes with a known identity takes it over."""
        peer.identity = peer.identity or b"\0" + os.urandom(8)
        self._by_identity[peer.identity] = peer

    def left(self, peer):
        """It is gone."""
        self.peers.discard(peer)
        if self._by_identity.get(peer.identity) is peer:
            del self._by_identity[peer.identity]

    def send(self, identity, parts):
        """To one peer; dropped when it is not there, as a ROUTER does it."""
        peer = self._by_identity.get(identity)
        if peer:
            peer.write(message(parts))

    def publish(self, parts):
        """To all peers that subscribed to a beginning of the first part."""
        data = message(parts)
        for peer in list(self.peers):
            if peer.open and peer.backlog < UNTAKEN and any(parts[0].startswith(topic) for topic in peer.topics):
                peer.write(data)

    def close(self):
        """Ends everything and removes the socket's file."""
        for peer in list(self.peers):
            peer.close()
        self._selector.unregister(self._socket)
        self._socket.close()
        self._unlink()

    def forget(self):
        """See Peer.forget."""
        for peer in self.peers:
            peer.forget()
        self._socket.close()

    def _unlink(self):
        try:
            if self._path:
                os.unlink(self._path)
        except OSError:
            pass  # it was not there
