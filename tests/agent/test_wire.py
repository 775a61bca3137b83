"""The wire between client and daemon: what is wrong is named, and never takes the daemon along."""
import json
import os
import random
import socket
import struct
import unittest

from harness import AgentTest
import frames


def frame(header, attachments=b"", size=None):
    """A frame, wrong where asked for."""
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack(">II", len(data) + len(attachments) + 4 if size is None else size, len(data)) + data + attachments


class WireTest(AgentTest):
    """Against a daemon without kernels."""

    def test_unknown_method(self):
        """An error with a code; the connection goes on."""
        link = self.link()
        self.assertEqual(link.error("make-coffee"), "unknown-method")
        self.assertIn("time", link.call("ping"))

    def test_bad_params(self):
        """Each says which parameter; none is an internal error."""
        link = self.link()
        for method, params in (
                ("start", {}), ("start", {"kernel": "k", "argv": []}), ("start", {"kernel": "k", "argv": [1]}),
                ("start", {"kernel": "k", "argv": ["a\0b"]}), ("start", {"kernel": 5, "argv": ["true"]}),
                ("start", {"kernel": "k", "argv": ["true"], "env": {"a": 1}}),
                ("start", {"kernel": "k", "argv": ["true"], "env": {"a=b": "1"}}),
                ("start", {"kernel": "k", "argv": ["true"], "interruptMode": "shout"}),
                ("send", {"kernel": "k"}), ("send", {"kernel": "k", "channel": "iopub", "msgId": "1"}),
                ("send", {"kernel": "k", "channel": "shell", "msgId": "a\nb", "msgType": "t", "content": {}}),
                ("subscribe", {"kernel": "k", "after": "x"}), ("subscribe", {}), ("ack", {"kernel": "k"}),
                ("kernelspecs", {"environments": "x"})):
            self.assertEqual(link.error(method, **params), "bad-params", (method, params))
        for method in ("interrupt", "shutdown", "subscribe"):
            self.assertEqual(link.error(method, kernel="nobody"), "no-kernel", method)

    def test_ids_of_any_text(self):
        """A kernel's id is not a path."""
        link = self.link()
        for kernel in ("../../etc", "a/b", "\u2603" * 60, "x" * 200):
            self.start(link, kernel=kernel, argv=["true"])
            self.assertEqual(link.agent("died")["reason"], "startup")
        self.assertEqual(sorted(os.listdir(self.top)), ["run"])

    def test_malformed_frames(self):
        """The fault is named, the connection is closed, the daemon stays."""
        pid = self.link().hello["pid"]
        for data, words in (
                (frame(b"nonsense"), "not JSON"), (frame(b"[1]"), "not a JSON object"), (frame({"id": 1}), "method"),
                (frame(b"[" * 100000), "not JSON"), (frame({"id": [], "method": "ping"}), "id"),
                (frame({"id": 1, "method": "ping", "bin": [3]}), "promises"), (frame({"bin": [-1]}, b"x"), "lengths"),
                (frame({"id": 1, "method": "ping"}, b"more"), "promises"), (frame({}, size=1 << 31), "over the limit"),
                (struct.pack(">II", 8, 100), "longer")):
            link = self.link()
            link.raw(data)
            with self.assertRaises(EOFError):
                while True:
                    link.turn()
            self.assertEqual(link.faults[0]["code"], "bad-frame")
            self.assertIn(words, link.faults[0]["message"])
        self.assertEqual(self.link().hello["pid"], pid)

    def test_random_bytes(self):
        """Noise of every length, some of it behind a valid start."""
        dice, link = random.Random(7), self.link()
        path = os.path.join(self.runtime, "agent-1.sock")
        for turn in range(300):
            noise = bytes(dice.randrange(256) for _ in range(dice.randrange(200)))
            if turn % 3 == 0:
                noise = frame({"id": 1, "method": dice.choice(["start", "send", "ack"]), "params": noise.hex()}) + noise
            if turn % 3 == 1:
                valid = bytearray(frame({"id": 1, "method": "subscribe", "params": {"kernel": "k", "after": 0}}))
                valid[dice.randrange(len(valid))] = dice.randrange(256)
                noise = bytes(valid)
            with socket.socket(socket.AF_UNIX) as raw:
                raw.connect(path)
                raw.sendall(noise)
        self.assertIn("time", link.call("ping"))

    def test_a_client_that_does_not_read(self):
        """Its requests are not answered into memory without end; others are served."""
        link, path = self.link(), os.path.join(self.runtime, "agent-1.sock")
        question = frame({"id": 1, "method": "x" * 1000}) * 100
        with socket.socket(socket.AF_UNIX) as raw:
            raw.connect(path)
            raw.setblocking(False)
            refused, rest = 0, b""
            for _ in range(5000):  # 500 MB of questions if nobody stops it
                link.call("ping")  # in step with the daemon, which has had its turn to read
                try:
                    rest = rest or question
                    rest = rest[raw.send(rest):]
                    refused = 0
                except BlockingIOError:
                    refused += 1
                    if refused == 50:
                        break
            self.assertEqual(refused, 50)
            link.call("ping")
        with open("/proc/%d/status" % link.hello["pid"]) as file:
            size = [int(line.split()[1]) for line in file if line.startswith("VmRSS")][0]
        self.assertLess(size, 200000)


class FramesTest(unittest.TestCase):
    """Without a daemon."""

    def test_any_cut(self):
        """Frames survive being cut at every byte."""
        data = frames.encode({"id": 1}) + frames.encode({"id": 2}, [b"", b"abc"]) + frames.encode(b'{"id": 3}', [b"\0"])
        for step in (1, 2, 3, 7, 1000):
            decoder, found = frames.Decoder(), []
            for at in range(0, len(data), step):
                found += list(decoder.feed(data[at:at + step]))
            self.assertEqual([(header["id"], parts) for header, parts in found], [(1, []), (2, [b"", b"abc"]), (3, [b"\0"])])
