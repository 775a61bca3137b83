"""ZMTP against the real ZeroMQ, where a kernel would not bring up the case."""
import asyncio
import os
import tempfile
import time
import unittest

import zmq
import harness  # noqa: F401  puts the agent on the path
import zmtp


class ZmtpTest(unittest.TestCase):
    """One DEALER or SUB of ours and a socket of pyzmq."""

    def setUp(self):
        """A folder for sockets."""
        self.context = zmq.Context()
        self.addCleanup(self.context.destroy, 0)
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "s")

    def peer(self, kind, address=None, **options):
        """A bound socket."""
        peer = self.context.socket(kind)
        self.addCleanup(peer.close, 0)
        for name, value in options.items():
            peer.setsockopt(getattr(zmq, name), value)
        peer.bind(address or "ipc://" + self.path)
        return peer

    async def socket(self, kind, address, test):
        """Opens our socket, runs the test with it and a queue of what it receives."""
        inbox = asyncio.Queue()
        ours = zmtp.Socket(kind, address, b"me", inbox.put_nowait, lambda size: inbox.put_nowait(size),
                           lambda up: inbox.put_nowait(up))
        ours.open()
        try:
            await asyncio.wait_for(test(ours, inbox), harness.PATIENCE_S)
        finally:
            ours.close()
            await asyncio.sleep(0)

    async def receive(self, peer, times=1):
        """Messages that the peer has received; the loop goes on meanwhile."""
        found = []
        while len(found) < times:
            try:
                found.append(peer.recv_multipart(zmq.NOBLOCK))
            except zmq.Again:
                await asyncio.sleep(0.005)
        return found

    def test_dealer(self):
        """Sizes around the short and long frame, empty parts, over ipc and tcp."""
        parts = [b"", b"a" * 255, b"b" * 256, b"c" * 3000000, b""]
        for address in (None, "tcp://127.0.0.1:*"):
            peer = self.peer(zmq.ROUTER, address)
            end = peer.getsockopt(zmq.LAST_ENDPOINT).decode()
            ours = ("tcp", "127.0.0.1", int(end.rsplit(":", 1)[1])) if address else ("ipc", self.path)

            async def test(socket, inbox):
                socket.send(parts)
                self.assertEqual(await self.receive(peer), [[b"me"] + parts])
                peer.send_multipart([b"me"] + parts)
                self.assertEqual([await inbox.get(), await inbox.get()], [True, parts])

            asyncio.run(self.socket(b"DEALER", ours, test))
            peer.close(0)

    def test_connects_when_the_peer_comes_and_comes_again(self):
        """What was sent before is not lost; a new peer on the same address is found."""
        async def test(socket, inbox):
            socket.send([b"early"])
            for word in (b"early", b"later"):
                peer = self.peer(zmq.ROUTER)
                self.assertTrue(await inbox.get())
                self.assertEqual(await self.receive(peer), [[b"me", word]])
                peer.close(0)
                self.assertFalse(await inbox.get())
                socket.send([b"later"])

        asyncio.run(self.socket(b"DEALER", ("ipc", self.path), test))

    def test_subscriber(self):
        """Subscribed to everything, from a PUB and from an XPUB that sees the subscription."""
        async def test(socket, inbox):
            self.assertEqual(await self.receive(peer), [[b"\x01"]])
            peer.send_multipart([b"topic", b"words"])
            self.assertEqual([await inbox.get(), await inbox.get()], [True, [b"topic", b"words"]])

        peer = self.peer(zmq.XPUB)
        asyncio.run(self.socket(b"SUB", ("ipc", self.path), test))

    def test_ping_with_a_context(self):
        """PONG carries the context back (a peer made by hand: with ZeroMQ it would take waiting)."""
        async def test():
            done = asyncio.get_event_loop().create_future()

            async def peer(reader, writer):
                writer.write(zmtp._GREETING)
                await reader.readexactly(64)
                writer.write(zmtp._ready(b"ROUTER", b"") + zmtp.frame(b"\x04PING\0\x0acontext", zmtp.COMMAND))
                head = await reader.readexactly(2)
                await reader.readexactly(head[1])
                head = await reader.readexactly(2)
                done.set_result((head[0], await reader.readexactly(head[1])))
                writer.close()

            server = await asyncio.start_unix_server(peer, self.path)

            async def wait(socket, inbox):
                self.assertEqual(await done, (zmtp.COMMAND, b"\x04PONGcontext"))

            await self.socket(b"DEALER", ("ipc", self.path), wait)
            server.close()

        asyncio.run(test())

    def test_reads_on_while_messages_are_handled_slowly(self):
        """Nobody who sends has to wait, so a publisher has no reason to drop; all arrive before the end does."""
        total, handled, inbox = 2000, [], asyncio.Queue()

        def slowly(parts):
            handled.append(parts)
            end = time.monotonic() + 0.0005
            while time.monotonic() < end:
                pass

        async def test():
            taken = asyncio.get_event_loop().create_future()

            async def peer(reader, writer):
                writer.write(zmtp._GREETING + zmtp._ready(b"PUB", b""))
                for number in range(total):
                    writer.write(zmtp.message([b"%d" % number, bytes(2000)]))
                    await writer.drain()
                writer.close()
                await writer.wait_closed()
                taken.set_result(len(handled))

            server = await asyncio.start_unix_server(peer, self.path)
            socket = zmtp.Socket(b"SUB", ("ipc", self.path), b"", slowly, None, lambda up: inbox.put_nowait((up, len(handled))))
            socket.open()
            self.assertLess(await asyncio.wait_for(taken, harness.PATIENCE_S), total // 2)
            self.assertTrue((await inbox.get())[0])
            self.assertEqual(await inbox.get(), (False, total))
            socket.close()
            server.close()

        asyncio.run(test())
        self.assertEqual([parts[0] for parts in handled], [b"%d" % number for number in range(total)])

    def test_a_part_too_large_is_skipped(self):
        """It is told, and what follows arrives."""
        largest, zmtp.LARGEST = zmtp.LARGEST, 1000
        self.addCleanup(setattr, zmtp, "LARGEST", largest)

        async def test(socket, inbox):
            self.assertTrue(await inbox.get())
            socket.send([b"hello"])
            await self.receive(peer)
            peer.send_multipart([b"me", b"a", b"x" * 500000, b"b"])
            peer.send_multipart([b"me", b"next"])
            self.assertEqual([await inbox.get(), await inbox.get()], [500000, [b"next"]])

        peer = self.peer(zmq.ROUTER)
        asyncio.run(self.socket(b"DEALER", ("ipc", self.path), test))
