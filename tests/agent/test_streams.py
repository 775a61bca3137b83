"""Services on the node of a job: streams through the line that is there, their windows, their ends."""
import json
import os
import re
import signal
import socket
import threading
import unittest

from harness import Link, lives, text, until
from test_call_back import CallBack
from test_jobs import JobTest

import frames
from streams import LINE, LUMP, PIECE, WINDOW, Streams

#: Started by a cell, so it is in the job: what connects says in a line what it wants
SERVICE = r"""
import socket, subprocess, sys, threading
program = '''
import socket, sys, threading
listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
def serve(link):
    file = link.makefile("rwb")
    word, count = file.readline().split()
    count = int(count)
    if word == b"echo":
        for line in file:
            file.write(line)
            file.flush()
        file.write(b"end")
        file.flush()
    elif word == b"send":
        part = bytes(range(256)) * 256
        for _ in range(count // len(part)):
            link.sendall(part)
    elif word == b"count":
        print("sends", flush=True)
        link.settimeout(1.0)
        sent = 0
        try:
            while True:
                sent += link.send(b"x" * 65536)
        except OSError:
            print("sent", sent, flush=True)
        while not file.read(1):
            pass
    elif word == b"sum":
        print("sum", sum(len(part) for part in iter(lambda: file.read1(65536), b"")), flush=True)
    elif word == b"break":
        import struct
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        file.close()
        link.close()
        return
    file.close()
    link.close()
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
'''
service = subprocess.Popen([sys.executable, "-u", "-c", program], stdout=subprocess.PIPE)
print(service.stdout.readline().decode())
"""


class Ear:
    """Remembers what a stream says; takes it at once, or when told."""

    def __init__(self, greedy=True):
        self.heard, self.end, self.over, self.greedy, self.stream = bytearray(), False, False, greedy, None

    def data(self, data):
        """Bytes came."""
        self.heard += data
        if self.greedy:
            self.stream.taken(len(data))

    def sent(self, size):
        """Bytes went."""

    def ended(self):
        """It says no more."""
        self.end = True

    def gone(self):
        """It is over."""
        self.over = True


class Wire(Link):
    """An attach with streams over it."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.streams = Streams(self._say)

    def _say(self, fields, parts):
        self.raw(frames.encode({"method": "stream", "params": fields}, parts))

    def _take(self, body):
        size = int.from_bytes(body[:4], "big")
        header = json.loads(body[4:4 + size])
        if header.get("event") != "stream":
            super()._take(body)
            return
        at, parts = 4 + size, []
        for length in header.get("bin", []):
            parts.append(body[at:at + length])
            at += length
        self.streams.hear(header, parts)

    def dial(self, port, greedy=True, **where):
        """A stream to a port, and its ear."""
        ear = Ear(greedy)
        ear.stream = self.streams.open(ear)
        self.call("open-stream", stream=ear.stream.number, port=port, **where)
        return ear.stream, ear

    def until(self, condition):
        """Takes in what comes until something holds."""
        while not condition():
            self.turn()


class WindowTest(unittest.TestCase):
    """Two ends of a line in one process."""

    def setUp(self):
        """Nothing is carried over before carry()."""
        self.frames = []
        self.near = Streams(lambda fields, parts: self.frames.append((self.far, fields, parts)))
        self.far = Streams(lambda fields, parts: self.frames.append((self.near, fields, parts)))

    def carry(self):
        """All that is said, also in answer."""
        while self.frames:
            end, fields, parts = self.frames.pop(0)
            end.hear(fields, parts)

    def pair(self, greedy=True):
        """The two ends of a stream: (stream, ear of the other end)."""
        here, there = Ear(), Ear(greedy)
        here.stream = self.near.open(here)
        there.stream = self.far.open(there, here.stream.number)
        return here.stream, there

    def waiting(self):
        """Bytes that are on their way."""
        return sum(len(part) for _, _, parts in self.frames for part in parts)

    def test_what_else_the_line_carries_waits_for_little(self):
        """However much is to be sent, and in however many streams: so many bytes are before the next frame of a kernel."""
        for _ in range(20):
            self.pair()[0].write(b"x" * 10000000)
        self.assertEqual(self.waiting(), LINE)
        self.assertLessEqual(max(len(part) for _, _, parts in self.frames for part in parts), PIECE)

    def test_turns(self):
        """Those that have much to send keep nobody waiting for longer than a piece of each takes."""
        for _ in range(4):
            self.pair()[0].write(b"x" * 10000000)
        little, ear = self.pair()
        little.write(b"hello")
        before = 0
        while not ear.heard:
            end, fields, parts = self.frames.pop(0)
            end.hear(fields, parts)
            before += sum(map(len, parts))
        self.assertEqual(ear.heard, b"hello")
        self.assertLessEqual(before, LINE + 4 * PIECE + len(b"hello"))

    def test_who_stands_still_stops_its_writer_alone(self):
        """Nobody takes what comes of one stream: a window of it arrives; the others go on."""
        still, silent = self.pair(greedy=False)
        still.write(b"x" * 1000000)
        self.carry()
        self.assertEqual(len(silent.heard), WINDOW)
        busy, ear = self.pair()
        busy.write(b"y" * 3000000)
        self.carry()
        self.assertEqual(len(ear.heard), 3000000)
        silent.stream.taken(LUMP)
        self.carry()
        self.assertEqual(len(silent.heard), WINDOW + LUMP)

    def test_small_messages(self):
        """Thousands of them arrive in order, and few words are made of them."""
        stream, ear = self.pair()
        said = 0
        for number in range(5000):
            stream.write(b"%d\n" % number)
            said += sum(1 for end, _, parts in self.frames if end is self.near)
            self.carry()
        self.assertEqual(ear.heard, b"".join(b"%d\n" % number for number in range(5000)))
        self.assertLess(said, 10)

    def test_ends(self):
        """What was written goes before the end; each side ends for itself; nothing is remembered then."""
        stream, ear = self.pair(greedy=False)
        stream.write(b"x" * (WINDOW + 1))
        stream.end()
        self.carry()
        self.assertFalse(ear.end)
        ear.stream.taken(WINDOW)
        self.carry()
        self.assertEqual((len(ear.heard), ear.end, ear.over), (WINDOW + 1, True, False))
        ear.stream.write(b"answer")
        ear.stream.end()
        self.carry()
        self.assertEqual((len(self.near), len(self.far), ear.over), (0, 0, False))

    def test_more_than_agreed(self):
        """Who sends more than there is room for is told off, and memory stays bounded."""
        _, ear = self.pair(greedy=False)
        for _ in range(WINDOW // PIECE + 1):
            self.far.hear({"stream": 1}, [b"x" * PIECE])
        self.assertEqual((ear.over, len(ear.heard), len(self.far)), (True, WINDOW, 0))


class Services:
    """A service in a job, whichever way leads there."""

    def wire(self):
        """A connection with streams over it."""
        link = Wire(self.program, self.sha, self.env)
        self._links.append(link)
        return link.greet()

    def serve(self):
        """A kernel in a job with a service in it: (connection, port)."""
        link = self.wire()
        self.begin(link)
        link.agent("started")
        return link, int(text(link.run("k", SERVICE)))

    def echo(self, link, port):
        """There and back."""
        stream, ear = link.dial(port, kernel="k")
        stream.write(b"echo 0\nhello\n")
        link.until(lambda: ear.heard)
        self.assertEqual(ear.heard, b"hello\n")
        return stream, ear

    def test_reached(self):
        """Spoken to, ended from one side and then from the other; a closed port is refused; the job's end ends all."""
        link, port = self.serve()
        stream, ear = self.echo(link, port)
        for number in range(3000):
            stream.write(b"%d\n" % number)
        stream.end()
        link.until(lambda: ear.end)
        self.assertEqual(ear.heard, b"hello\n" + b"".join(b"%d\n" % number for number in range(3000)) + b"end")
        self.assertFalse(ear.over)
        self.assertEqual(len(link.streams), 0)
        broken, ear = link.dial(port, kernel="k")
        broken.write(b"break 0\n")
        link.until(lambda: ear.over)
        self.assertEqual(link.answer(link.post("open-stream", stream=70, port=1, kernel="k"))["error"],
                         {"code": "no-port", "message": "Connection refused"})
        self.assertEqual(link.error("open-stream", stream=71, port=70000, kernel="k"), "bad-params")
        _, ear = self.echo(link, port)
        link.call("shutdown", kernel="k")
        link.until(lambda: ear.over)
        link.agent("died")
        self.assertEqual(link.error("open-stream", stream=72, port=port, kernel="k"), "job-over")
        self.assertEqual(link.error("job-ports", kernel="k"), "job-over")
        self.assertEqual(link.error("job-ports", kernel="unknown"), "job-over")

    def test_bulk(self):
        """100 MB through, in both directions, in little memory; all the while the kernel answers."""
        link, port = self.serve()
        peaks = [self.peak(pid) for pid in (self.daemon(), self.worker())]
        stream, ear = link.dial(port, kernel="k")
        stream.write(b"send 104857600\n")
        run = link.execute("k", "print('meanwhile')")
        length, before = 0, None
        while not ear.end:
            link.turn()
            length += len(ear.heard)
            ear.heard.clear()
            if before is None and any(event["parent"] == run and event["type"] == "execute_reply" for event in link.events):
                before = length
        self.assertEqual(length, 104857600)
        self.assertIsNotNone(before)
        upload, ear = link.dial(port, kernel="k")
        upload.write(b"sum 0\n" + bytes(20000000))
        upload.end()
        link.until(lambda: ear.end)
        self.assertEqual(text(link.run("k", "print(service.stdout.readline().decode())")), "sum 20000000\n\n")
        for pid, peak in zip((self.daemon(), self.worker()), peaks):
            self.assertLess(self.peak(pid) - peak, 24000, "kilobytes")

    def test_still(self):
        """Nobody reads: the service can send no more than the windows hold, and the kernel does not notice."""
        link, port = self.serve()
        stream, ear = link.dial(port, greedy=False, kernel="k")
        stream.write(b"count 0\n")
        self.assertEqual(text(link.run("k", "print(service.stdout.readline().decode())")), "sends\n\n")
        sent = int(text(link.run("k", "print(service.stdout.readline().decode())")).split()[1])
        self.assertEqual(len(ear.heard), WINDOW)
        self.assertLess(sent, 16 * 1024 * 1024)  # the sockets of the node have buffers of their own

    def peak(self, pid):
        """The most memory a process has had, in kilobytes."""
        with open("/proc/%d/status" % pid) as file:
            return int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1))

    def test_listed(self):
        """What listens in the job is listed there, and not what the account runs beside it."""
        link, port = self.serve()
        with socket.create_server(("127.0.0.1", 0)) as other:
            beside = other.getsockname()[1]
            found = {entry["port"]: entry["command"] for entry in link.call("job-ports", kernel="k")["ports"]}
            self.assertIn("-u -c", found.get(port, ""))
            self.assertNotIn(beside, found)
            self.assertIn(beside, [entry["port"] for entry in link.call("listening")["ports"]])
        self.assertEqual(link.call("kernels")["kernels"][0]["job"]["node"], "node1")

    def test_client_lost(self):
        """The gateway goes: the connections it had end there."""
        link, port = self.serve()
        other = self.wire()
        stream, _ = other.dial(port, kernel="k")
        stream.write(b"echo 0\n")
        other.call("ping")
        self.assertIn(port, self.connected(self.worker()))
        other.kill()
        until(lambda: port not in self.connected(self.worker()))
        self.echo(link, port)

    def connected(self, pid):
        """The ports that the worker is connected to."""
        with open("/proc/%d/net/tcp" % pid) as file:
            lines = [line.split() for line in file.read().splitlines()[1:]]
        sockets = set()
        for name in os.listdir("/proc/%d/fd" % pid):
            try:
                sockets.add(os.readlink("/proc/%d/fd/%s" % (pid, name))[8:-1])
            except OSError:
                pass
        return [int(fields[2].split(":")[1], 16) for fields in lines if fields[9] in sockets and fields[3] == "01"]


class AttachTest(Services, JobTest):
    """By the scheduler's command."""

    def test_line_cut(self):
        """The attach is killed: the streams end, and new ones go over the next."""
        link, port = self.serve()
        _, ear = self.echo(link, port)
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % name, "rb") as file:
                    line = file.read()
            except OSError:
                continue
            if b"attach-worker" in line and self.top.encode() in line:
                os.kill(int(name), signal.SIGKILL)
        link.until(lambda: ear.over)
        self.assertEqual(text(link.run("k", "print('there')")), "there\n")
        self.echo(link, port)

    def test_worker_killed(self):
        """The job is gone from one moment to the next."""
        link, port = self.serve()
        _, ear = self.echo(link, port)
        os.kill(self.worker(), signal.SIGKILL)
        link.until(lambda: ear.over)
        link.agent("died")
        self.assertEqual(link.error("open-stream", stream=80, port=port, kernel="k"), "job-over")

    def test_on_the_login_node(self):
        """Without a kernel it is this node; a kernel in no job has none."""
        link = self.wire()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            stream, ear = link.dial(listener.getsockname()[1])
            other, _ = listener.accept()
            with other:
                other.sendall(b"here")
                link.until(lambda: ear.heard)
                self.assertEqual(ear.heard, b"here")
        self.start(link, kernel="near")
        self.assertEqual(link.error("open-stream", stream=90, port=1, kernel="near"), "job-over")


class CallBackTest(Services, CallBack):
    """Called back by the worker."""
