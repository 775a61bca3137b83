"""A small client of the agent for the tests: the zipapp as the gateway builds it, a runtime folder per test, and a
`Link` that speaks the protocol over the pipes of an `attach` process. Every wait ends with an event or fails."""
import atexit
import hashlib
import json
import os
import select
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time
import unittest
import uuid
import zipfile

AGENT = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "agent")
if AGENT not in sys.path:
    sys.path.insert(0, AGENT)

PATIENCE_S = 60  # after this long a test has failed; nothing waits for it otherwise
PYTHON_KERNEL = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]


def build(folder, extra=b""):
    """The zipapp in a folder: (path, sha256). `extra` makes another version of it."""
    path = os.path.join(folder, "agent.pyz")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(os.listdir(AGENT)):
            if name.endswith(".py") and name != "bootstrap.py":
                with open(os.path.join(AGENT, name), "rb") as file:
                    archive.writestr(zipfile.ZipInfo(name), file.read())
        archive.comment = extra
    with open(path, "rb") as file:
        return path, hashlib.sha256(file.read()).hexdigest()


def lives(pid):
    """True while a process runs (a zombie does not)."""
    try:
        with open("/proc/%d/stat" % pid) as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except OSError:
        return False


def until(condition):
    """Waits for something that has no event of its own."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("it did not happen")
        time.sleep(0.01)


class Link:
    """One `attach` process and its frames."""

    def __init__(self, program, sha, env, command="attach"):
        self.process = subprocess.Popen([sys.executable, program, command, sha], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env=env, bufsize=0)
        self._held, self._number, self.replies, self.events, self.faults = bytearray(), 0, {}, [], []
        self.hello, self.news = None, []  # the states of jobs

    def greet(self):
        """Waits for the hello (apart from the constructor, so that two can start at once)."""
        while b"\n" not in self._held:
            self._fill()
        line, _, rest = bytes(self._held).partition(b"\n")
        self._held = bytearray(rest)
        word, fields = line.split(b" ", 1)
        if word != b"ANSATZ-HELLO":
            raise AssertionError(line.decode())
        self.hello = json.loads(fields)
        return self

    def _fill(self, timeout=PATIENCE_S):
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            raise AssertionError("nothing came")
        data = os.read(self.process.stdout.fileno(), 1 << 20)
        if not data:
            raise EOFError
        self._held += data

    def turn(self):
        """Takes in what has come, waiting for at least one frame."""
        taken = 0
        while not taken:
            at = 0
            while len(self._held) - at >= 4:
                size = struct.unpack_from(">I", self._held, at)[0]
                if len(self._held) - at < 4 + size:
                    break
                self._take(bytes(self._held[at + 4:at + 4 + size]))
                at, taken = at + 4 + size, taken + 1
            del self._held[:at]
            if not taken:
                self._fill()

    def _take(self, body):
        size = struct.unpack_from(">I", body)[0]
        header, at = json.loads(body[4:4 + size]), 4 + size
        header["buffers"] = []
        for length in header.get("bin", []):
            header["buffers"].append(body[at:at + length])
            at += length
        if header.get("event") == "job":
            self.news.append(header["job"])
        elif "event" in header:
            self.events.append(header)
        elif header["id"] is None:
            self.faults.append(header["error"])
        else:
            self.replies[header["id"]] = header

    def post(self, method, attachments=(), **params):
        """Sends a request without waiting; returns its number."""
        self._number += 1
        header = {"id": self._number, "method": method, "params": params}
        if attachments:
            header["bin"] = [len(part) for part in attachments]
        data = json.dumps(header).encode()
        body = data + b"".join(attachments)
        self.raw(struct.pack(">II", len(body) + 4, len(data)) + body)
        return self._number

    def raw(self, data):
        """Writes bytes as they are."""
        while data:
            data = data[self.process.stdin.write(data):]

    def answer(self, number):
        """The reply to a request."""
        while number not in self.replies:
            self.turn()
        return self.replies.pop(number)

    def call(self, method, attachments=(), **params):
        """A request and its result; fails on an error."""
        reply = self.answer(self.post(method, attachments, **params))
        if "error" in reply:
            raise AssertionError("%s: %s" % (method, reply["error"]))
        return reply["result"]

    def error(self, method, **params):
        """A request and the code of its error."""
        return self.answer(self.post(method, **params))["error"]["code"]

    def event(self, match, acknowledge=True):
        """The first event not taken before for which match(event) is true; those before it are kept in `seen`."""
        while True:
            while self.events:
                event = self.events.pop(0)
                self.seen.append(event)
                if acknowledge:
                    self.ack(event)
                if match(event):
                    return event
            self.turn()

    @property
    def seen(self):
        """Events in the order in which event() has looked at them."""
        return self.__dict__.setdefault("_seen", [])

    def ack(self, event, **more):
        """Acknowledges up to an event."""
        data = json.dumps({"method": "ack", "params": dict(more, kernel=event["kernel"], seq=event["seq"])}).encode()
        self.raw(struct.pack(">II", len(data) + 4, len(data)) + data)

    def agent(self, kind, acknowledge=True):
        """The content of the next event of the agent of a kind."""
        return self.event(lambda e: e["channel"] == "agent" and e["type"] == kind, acknowledge)["content"]

    def execute(self, kernel, code, identity=None, **options):
        """Sends code to run; returns the message id."""
        identity = identity or uuid.uuid4().hex
        content = dict({"code": code, "silent": False, "store_history": True, "user_expressions": {},
                        "allow_stdin": False, "stop_on_error": True}, **options)
        self.call("send", kernel=kernel, channel="shell", msgId=identity, msgType="execute_request", content=content,
                  metadata={})
        return identity

    def finish(self, identity):
        """Waits until a run is over: its reply and its idle status, in whatever order. Returns its events."""
        rest = {"execute_reply", "idle"}
        while rest:
            event = self.event(lambda e: e["parent"] == identity)
            rest.discard(event["content"].get("execution_state", "") if event["type"] == "status" else event["type"])
        return [event for event in self.seen if event["parent"] == identity]

    def run(self, kernel, code):
        """Runs code to its end; its events."""
        return self.finish(self.execute(kernel, code))

    def kill(self):
        """The connection is destroyed."""
        self.process.kill()
        self.close()

    def close(self):
        """The connection ends properly."""
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()
        self.process.wait()


def text(events):
    """What was printed to standard output."""
    return "".join(e["content"]["text"] for e in events if e["type"] == "stream" and e["content"]["name"] == "stdout")


class AgentTest(unittest.TestCase):
    """Gives each test a runtime folder and sees to it that nothing of it lives on."""

    environment = {}

    @classmethod
    def setUpClass(cls):
        """Builds the zipapp once."""
        cls.built = tempfile.mkdtemp(prefix="ansatz-build-")
        cls.addClassCleanup(shutil.rmtree, cls.built)
        cls.program, cls.sha = build(cls.built)

    def setUp(self):
        """An empty runtime folder."""
        self.top = tempfile.mkdtemp(prefix="ansatz-")
        self.runtime = os.path.join(self.top, "run")
        self._links = []
        self.addCleanup(self._clean)
        atexit.register(self._clean)
        self.env = dict(os.environ, ANSATZ_RUNTIME=self.runtime, **self.environment)

    def _clean(self):
        for link in self._links:
            if link.process.poll() is None:
                link.process.kill()
            link.close()
        self._links = []
        for pid in self.pids():
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        until(lambda: not any(map(lives, self.pids())))
        shutil.rmtree(self.top, ignore_errors=True)
        atexit.unregister(self._clean)

    def pids(self):
        """The daemon and the kernels of this test's runtime folder."""
        found = []
        for folder, _, names in os.walk(self.runtime):
            for name in names:
                try:
                    with open(os.path.join(folder, name)) as file:
                        if name == "daemon.lock":
                            found.append(int(file.read() or 0))
                        elif name == "state.json":
                            found.append(json.load(file)["pid"])
                except (OSError, ValueError):
                    pass
        return [pid for pid in found if pid and lives(pid) and self._ours(pid)]

    def _ours(self, pid):
        try:
            with open("/proc/%d/cmdline" % pid, "rb") as file:
                line = file.read()
        except OSError:
            return False
        return self.top.encode() in line or b"agent.pyz" in line

    def open(self, program=None, sha=None):
        """An attach process whose hello has not been read."""
        link = Link(program or self.program, sha or self.sha, self.env)
        self._links.append(link)
        return link

    def link(self, **version):
        """A connection."""
        return self.open(**version).greet()

    def start(self, link, kernel="k", argv=None, **options):
        """Starts a kernel, subscribes, waits until it is ready."""
        options = dict({"argv": argv or PYTHON_KERNEL, "env": {}, "cwd": self.top, "interruptMode": "signal",
                        "language": "python"}, **options)
        link.call("start", kernel=kernel, **options)
        link.call("subscribe", kernel=kernel, after=0)
        return link.agent("started") if argv is None else None

    def daemon(self):
        """The pid of the living daemon."""
        with open(os.path.join(self.runtime, "daemon.lock")) as file:
            return int(file.read())
