"""The daemon as a client of a worker: noise before its hello, silence, a program that ends."""
import asyncio
import os
import sys
import tempfile
import unittest
from unittest import mock

import harness  # puts the agent on the path, so it comes first
import peer
from children import Children
from kernel import Unwilling

HELLO = "print('Welcome!\\nANSATZ-HELL no\\n$ ANSATZ-HELLO {\"pid\": 7}', flush=True)\n"
PONG = """import json, struct, sys
while True:
    size = struct.unpack('>I', sys.stdin.buffer.read(4))[0]
    body = sys.stdin.buffer.read(size)
    request = json.loads(body[4:4 + struct.unpack('>I', body[:4])[0]])
    for answer in ({'event': 'kernel', 'seq': 1}, {'id': request['id'], 'result': {'heard': request['method']}}):
        text = json.dumps(answer).encode()
        sys.stdout.buffer.write(struct.pack('>II', len(text) + 4, len(text)) + text)
    sys.stdout.flush()
"""


class PeerTest(unittest.TestCase):
    """A Line to small programs."""

    def follow(self, program, job):
        """Runs a coroutine function with (line, what its owner was told, a function that waits for something told)."""
        told = []

        class Owner:
            """Remembers."""
            up = staticmethod(lambda peer: told.append(("up", peer.hello)))
            event = staticmethod(lambda frame, header: told.append(("event", header["seq"], len(frame))))
            turn = staticmethod(lambda: None)
            down = staticmethod(lambda: told.append(("down",)))

        async def prepare():
            return [sys.executable, "-c", program], dict(os.environ)

        async def wait(count, word):
            while sum(each[0] == word for each in told) < count:
                await asyncio.sleep(0.01)

        async def run(log):
            children = Children()
            line = peer.Line(children, prepare, log, Owner)
            try:
                await asyncio.wait_for(job(line, told, wait), harness.PATIENCE_S)
            finally:
                line.close()
                await asyncio.sleep(0.3)

        with tempfile.TemporaryDirectory() as folder, mock.patch.multiple(peer, PING_S=0.2, SILENT_S=0.5, PATIENCE_S=0.05):
            asyncio.run(run(os.path.join(folder, "log")))
        return told

    def test_noise_requests_events(self):
        """What a login prints is passed over; a request has its answer, an event its bytes."""
        async def job(line, told, wait):
            await wait(1, "up")
            self.assertEqual(await line.peer.request("x", {}), {"heard": "x"})
        told = self.follow(HELLO + PONG, job)
        self.assertEqual(told[0], ("up", {"pid": 7}))
        self.assertEqual(told[1][:2], ("event", 1))

    def test_silence(self):
        """A program that says nothing any more is given up and begun again; what was asked of it fails."""
        async def job(line, told, wait):
            await wait(1, "up")
            with self.assertRaises(Unwilling) as caught:
                await line.peer.request("x", {})
            self.assertEqual(caught.exception.code, "busy")
            await wait(2, "up")
        self.follow(HELLO + "import time; time.sleep(1000)", job)

    def test_refused(self):
        """One that ends at once: tried again and again, and its words are known."""
        async def job(line, told, wait):
            await wait(3, "down")
            self.assertEqual(line.complaint, "no entry")
            self.assertIsNone(line.peer)
        self.follow("import sys; print('bad news'); sys.exit('no entry')", job)
