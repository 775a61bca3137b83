"""A files worker of the agent for the tests: `agent.pyz files` on pipes, in a home folder of its own."""
import json
import os
import select
import struct
import subprocess
import sys
import tempfile
import unittest
import shutil

from harness import AGENT, PATIENCE_S, build

WINDOW = 4 * 1024 * 1024


class Refused(Exception):
    """An error answer."""

    def __init__(self, error):
        super().__init__(error["message"])
        self.error, self.code = error, error["code"]


class FilesLink:
    """One worker and its frames."""

    def __init__(self, program, home, env=None):
        self.process = subprocess.Popen([sys.executable, program, "files", "0" * 64], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=dict(os.environ, HOME=home, **(env or {})), bufsize=0)
        self._held, self._number = bytearray(), 0
        self.frames, self.events = {}, []
        while b"\n" not in self._held:
            self._fill()
        line, _, rest = bytes(self._held).partition(b"\n")
        self._held = bytearray(rest)
        assert line.startswith(b"ANSATZ-HELLO "), line

    def _fill(self):
        if not select.select([self.process.stdout], [], [], PATIENCE_S)[0]:
            raise AssertionError("nothing came")
        data = os.read(self.process.stdout.fileno(), 1 << 20)
        if not data:
            raise EOFError
        self._held += data

    def _turn(self):
        while len(self._held) < 4 or len(self._held) < 4 + struct.unpack_from(">I", self._held)[0]:
            self._fill()
        size, header_size = struct.unpack_from(">II", self._held)
        header, at = json.loads(bytes(self._held[8:8 + header_size])), 8 + header_size
        header["bytes"] = bytes(self._held[at:4 + size])
        del self._held[:4 + size]
        if "event" in header:
            self.events.append(header)
        else:
            self.frames.setdefault(header["id"], []).append(header)

    def write(self, header, data=b""):
        """One frame."""
        if data:
            header = dict(header, bin=[len(data)])
        text = json.dumps(header).encode("ascii")
        os.write(self.process.stdin.fileno(), struct.pack(">II", 4 + len(text) + len(data), len(text)) + text + data)

    def post(self, method, credit=WINDOW, **params):
        """A request; answers its number."""
        self._number += 1
        self.write({"id": self._number, "method": method, "params": params, "credit": credit})
        return self._number

    def give(self, number, *pieces, end=True):
        """Bytes that belong to a request."""
        for piece in pieces:
            self.write({"id": number}, piece)
        if end:
            self.write({"id": number, "end": True})

    def answer(self, number):
        """(result, parts) of a request; raises Refused."""
        parts = []
        while True:
            for frame in self.frames.pop(number, []):
                if "part" in frame:
                    parts.append(frame)
                    self.write({"id": number, "credit": len(frame["bytes"]) or 1})
                elif "error" in frame:
                    raise Refused(frame["error"])
                elif "result" in frame:
                    return frame["result"], parts
            self._turn()

    def ask(self, method, **params):
        """The result of a request."""
        return self.answer(self.post(method, **params))[0]

    def parts(self, method, **params):
        """The parts of a request's answer."""
        return self.answer(self.post(method, **params))[1]

    def bytes(self, method, **params):
        """The bytes of a request's answer."""
        return b"".join(part["bytes"] for part in self.parts(method, **params))

    def save(self, path, data, **params):
        """Writes a file."""
        number = self.post("save", path=path, **params)
        self.give(number, data)
        return self.answer(number)[0]

    def do(self, **operation):
        """An operation that meets no problem."""
        outcome = self.ask("operate", operation=operation)
        if outcome["problems"]:
            raise Refused(outcome["problems"][0])
        return outcome

    def event(self):
        """The next event."""
        while not self.events:
            self._turn()
        return self.events.pop(0)

    def close(self):
        """Ends the worker by ending its input; answers its exit status."""
        self.process.stdin.close()
        status = self.process.wait(PATIENCE_S)
        self.process.stdout.close()
        return status


class FilesCase(unittest.TestCase):
    """Tests with a worker and an empty home folder."""

    def setUp(self):
        self.top = os.path.realpath(tempfile.mkdtemp(prefix="files-"))
        self.addCleanup(shutil.rmtree, self.top, True)
        self.home = os.path.join(self.top, "home")
        os.mkdir(self.home)
        self.program, _ = build(self.top)
        self.link = self.worker()

    def worker(self, **env):
        """Another worker."""
        link = FilesLink(self.program, self.home, env)
        self.addCleanup(lambda: link.process.poll() is None and link.close())
        return link

    def at(self, *names):
        """A path below the home folder."""
        return os.path.join(self.home, *names)

    def put(self, name, data=b"x"):
        """A file, made behind the worker's back."""
        path = self.at(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)
        return path

    def get(self, path):
        """What is in a file, seen from outside."""
        with open(path, "rb") as file:
            return file.read()

    def refused(self, code, method, **params):
        """The request is refused with this code."""
        with self.assertRaises(Refused) as caught:
            self.link.ask(method, **params)
        self.assertEqual(caught.exception.code, code, caught.exception)
        return caught.exception.error
