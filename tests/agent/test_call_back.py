"""A kernel in a job that calls back: its life, a line that breaks, a daemon that is killed, callers without a right to."""
import asyncio
import hashlib
import hmac
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import unittest
import zipfile
from unittest import mock

from harness import PATIENCE_S, AgentTest, lives, text, until
from relay import Relay
from test_jobs import JobTest

import call
import certificate
from batch import Batch
from children import Children
from door import Door
from htcondor import HTCondor
from kernel import Unwilling
from slurm import Slurm


def free_port():
    """A port that nobody has just now."""
    with socket.create_server(("", 0)) as probe:
        return probe.getsockname()[1]


def processes():
    """(command line, environment) of all that can be seen, in one text each."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/cmdline" % name, "rb") as line, open("/proc/%s/environ" % name, "rb") as environment:
                yield line.read(), environment.read()
        except OSError:
            pass


class CallBack(JobTest):
    """The stand-in lets nobody in."""

    environment = dict(JobTest.environment, ANSATZ_JOB_WAY="call-back")

    def setUp(self):
        """A port of the daemon, and one that the jobs are told."""
        super().setUp()
        self.relay, self.port = Relay(), free_port()
        self.addCleanup(self.relay.close)
        self.relay.goal = self.port
        self.env.update(ANSATZ_CALL_BACK_PORTS="%d-%d" % (self.port, self.port),
                        ANSATZ_CALL_BACK_HOST="127.0.0.1:%d" % self.relay.port)
        self.mark("locked")

    def script(self):
        """The path of the only job's script."""
        jobs = os.path.join(self.top, "jobs")
        return os.path.join(jobs, os.listdir(jobs)[0], "worker.sh")

    def card(self):
        """What the only job knows."""
        with open(self.script()) as file:
            return json.loads(file.read().splitlines()[-1])

    def open_port(self):
        """Somebody listens."""
        try:
            socket.create_connection(("127.0.0.1", self.port), 5).close()
            return True
        except OSError:
            return False

    def call(self, card, **other):
        """Calls as a job does: what the daemon says to it, nothing when it hangs up."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        card = dict(card, **other)
        with socket.create_connection(("127.0.0.1", self.port), 20) as plain, context.wrap_socket(plain) as link:
            shown = hashlib.sha256(link.getpeercert(binary_form=True)).hexdigest()
            lines = link.makefile("rwb")
            asked = json.loads(lines.readline().split(b" ", 1)[1].decode())["nonce"]
            said = "\n".join(("ansatz call 1", "worker", card["job"], shown, asked, "n"))
            proof = hmac.new(card["secret"].encode(), said.encode(), hashlib.sha256).hexdigest()
            lines.write(b"ANSATZ-CALL %s\n" % json.dumps({"job": card["job"], "nonce": "n", "proof": proof}).encode())
            lines.flush()
            try:
                return lines.readline()
            except OSError:
                return b""


class CallBackTest(CallBack):
    """What happens to a kernel in such a job."""

    def test_whole_life(self):
        """Offered in words; queued, running, restarted, ended; the secret is seen nowhere, the port is closed after it."""
        link = self.link()
        offer = link.call("offers")["offers"][0]
        self.assertEqual((offer["way"], offer["words"]),
                         ("call-back", "Whoever runs this machine has chosen it (ANSATZ_JOB_WAY)."))
        self.assertFalse(self.open_port())
        self.mark("closed")
        self.begin(link)
        self.state(link, "queued")
        self.assertTrue(self.open_port())
        self.mark("closed", False)
        self.assertEqual(self.state(link, "running")["node"], "node1")
        link.agent("started")
        self.assertEqual(text(link.run("k", "import os; print(os.environ['FROM'])")), "login\n")
        secret = self.card()["secret"]
        self.assertEqual(len(secret), 64)
        self.assertEqual([os.stat(self.script()).st_mode & 0o777, os.stat(os.path.dirname(self.script())).st_mode & 0o777],
                         [0o600, 0o700])
        self.assertFalse([each for each in processes() if secret.encode() in each[0] + each[1]])
        for path, _, names in os.walk(self.runtime):
            self.assertFalse([name for name in names if os.stat(os.path.join(path, name)).st_mode & 0o077], path)
        pid = self.worker()
        link.call("shutdown", kernel="k", restart=True)
        link.agent("died")
        self.begin(link, after=link.seen[-1]["seq"])
        link.agent("started")
        self.assertTrue(lives(pid))
        self.assertEqual(self.relay.calls, 1)
        card = self.card()
        link.call("shutdown", kernel="k")
        self.assertEqual(link.agent("died")["reason"], "exit")
        self.assertEqual([event["seq"] for event in link.seen], list(range(1, len(link.seen) + 1)))
        until(lambda: not lives(pid))
        self.assertEqual(self.state(link, "ended")["end"], "finished")
        until(lambda: not self.open_port())
        for path, _, names in os.walk(self.runtime):
            for name in names:
                if name.endswith((".json", ".log")):
                    with open(os.path.join(path, name)) as file:
                        self.assertNotIn(card["secret"], file.read())

    def test_line_cut_in_a_flood(self):
        """100 000 lines, the line cut in the middle, several times: every one once, in order."""
        link = self.link()
        self.begin(link)
        link.agent("started")
        identity = link.execute("k", "for i in range(100000): print(i, flush=i % 500 == 0)")
        for turn in range(3):
            link.event(lambda e, goal=len(link.seen) + 20: e["type"] == "stream" and len(link.seen) > goal)
            self.relay.cut()
        link.finish(identity)
        self.assertEqual(text(link.seen), "".join("%d\n" % i for i in range(100000)))
        self.assertEqual([event["seq"] for event in link.seen], list(range(1, len(link.seen) + 1)))
        self.assertGreater(self.relay.calls, 1)

    def test_daemon_killed(self):
        """With -9 during a run: the next one has the same port and certificate, the worker finds it, nothing is missing."""
        link = self.link()
        identity, last = self.kill_in_a_run(link)
        self.env["ANSATZ_CALL_BACK_PORTS"] = ""
        again = self.link()
        again.call("subscribe", kernel="k", after=last)
        again.finish(identity)
        self.assertEqual(text(link.seen + again.seen), "".join("%d\n" % i for i in range(1500)))
        self.assertEqual([event["seq"] for event in again.seen], list(range(last + 1, last + 1 + len(again.seen))))
        self.assertEqual(self.card()["certificate"], certificate.read(self.runtime)[0])
        again.call("shutdown", kernel="k")
        again.agent("died")

    def test_daemon_killed_while_queued(self):
        """The next one is called as well."""
        self.mark("closed")
        link = self.link()
        self.begin(link)
        self.state(link, "queued")
        os.kill(link.hello["pid"], signal.SIGKILL)
        link.process.wait()
        self.mark("closed", False)
        again = self.link()
        again.call("subscribe", kernel="k", after=0)
        again.agent("started")
        self.assertEqual(text(again.run("k", "print(1)")), "1\n")

    def test_callers(self):
        """Without the secret, with that of another job, with one of a job that has ended: closed. With it: the daemon
        proves that it knows it too, and the job itself comes back after one that has taken its place."""
        link = self.link()
        self.begin(link, "a")
        link.agent("started")
        card = self.card()
        self.assertEqual(self.call(card, secret="0" * 64), b"")
        self.assertEqual(self.call(card, job="0" * 32), b"")
        self.assertEqual(self.call(card, job="x" * 5000), b"")
        self.assertEqual(self.call(card)[:13], b"ANSATZ-PROOF ")
        self.assertEqual(text(link.run("a", "print('still')")), "still\n")
        self.mark("closed")
        self.begin(link, "b")
        others = [os.path.join(self.top, "jobs", each, "worker.sh") for each in os.listdir(os.path.join(self.top, "jobs"))]
        with open([each for each in others if card["job"] not in each][0]) as file:
            other = json.loads(file.read().splitlines()[-1])
        self.assertEqual(self.call(card, secret=other["secret"]), b"")
        self.assertEqual(self.call(other), b"")  # right, but it does not run yet
        link.call("shutdown", kernel="a")
        link.agent("died")
        pid = self.worker()
        until(lambda: not lives(pid))
        until(lambda: self.call(card) == b"")
        self.assertTrue(self.open_port())  # for the other one

    def test_silent_callers(self):
        """More than are listened to at once, and none says a word: they are closed, and the job is heard."""
        self.mark("closed")
        link = self.link()
        self.begin(link)
        self.state(link, "queued")
        silent = [socket.create_connection(("127.0.0.1", self.port), 30) for _ in range(9)]
        self.mark("closed", False)
        link.agent("started")
        for each in silent:
            self.assertEqual(each.recv(1), b"")
            each.close()


class SilenceTest(CallBack):
    """Little patience with a line that says nothing."""

    @classmethod
    def setUpClass(cls):
        """A zipapp in which all is faster."""
        super().setUpClass()
        with zipfile.ZipFile(cls.program) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        for name, old, new in (("peer.py", b"PING_S = 10.0", b"PING_S = 0.5"), ("peer.py", b"SILENT_S = 30.0", b"SILENT_S = 3.0"),
                               ("caller.py", b"SILENT_S = 45.0", b"SILENT_S = 4.0")):
            parts[name] = parts[name].replace(old, new)
        with zipfile.ZipFile(cls.program, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in parts.items():
                archive.writestr(zipfile.ZipInfo(name), data)

    def test_silence(self):
        """Both ends notice it, and the job calls again."""
        link = self.link()
        self.begin(link)
        link.agent("started")
        self.assertEqual(text(link.run("k", "print(1)")), "1\n")
        self.relay.swallow()
        identity = link.execute("k", "print(2)")
        self.assertEqual(text(link.finish(identity)), "2\n")
        self.assertEqual(self.relay.calls, 2)
        self.assertEqual([event["seq"] for event in link.seen], list(range(1, len(link.seen) + 1)))


class UnreachableTest(CallBack):
    """Nobody calls."""

    # It must outlast the start of the worker, who is to say why he reaches nobody.
    environment = dict(CallBack.environment, ANSATZ_UNREACHABLE_S="12")

    def test_nobody_calls(self):
        """In words."""
        self.env["ANSATZ_CALL_BACK_HOST"] = "127.0.0.1:1"
        link = self.link()
        self.begin(link)
        died = link.agent("died")
        self.assertEqual((died["reason"], died["words"]),
                         ("unreachable", "The job does not call back to this machine, port %d." % self.port))
        self.assertIn("127.0.0.1 port 1: ", died["stderr"])


class WorkerTest(AgentTest):
    """A worker by itself, and one who is not its daemon."""

    def made(self):
        """A certificate: (folder, SHA-256)."""
        folder = tempfile.mkdtemp(dir=self.top)

        async def make():
            await certificate.make(Children(), folder, dict(os.environ))
        asyncio.run(make())
        self.assertEqual(os.listdir(folder), ["door.pem"])
        return folder, certificate.read(folder)[0]

    def work(self, port, pin):
        """Begins a worker that is to call."""
        folder = os.path.join(self.top, "job")
        os.mkdir(folder, 0o700)
        with open(os.path.join(folder, "call"), "w") as file:
            json.dump({"job": "j", "secret": "s", "certificate": pin, "hosts": [["127.0.0.1", port]]}, file)
        options = {"token": "t" + os.path.basename(self.top), "scheduler": "slurm", "after": 0, "lease": 60, "walltime": 0}
        worker = subprocess.Popen([sys.executable, self.program, "worker", folder, json.dumps(options)], env=self.env)
        self.addCleanup(worker.wait)
        self.addCleanup(worker.terminate)

    def meet(self, pin=None, answer=None):
        """What the worker says to a daemon with a certificate of its own."""
        folder, own = self.made()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate.path(folder))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.work(listener.getsockname()[1], pin or own)
            listener.settimeout(PATIENCE_S)
            plain, _ = listener.accept()
            with plain:
                plain.settimeout(PATIENCE_S)
                heard = b""
                try:
                    with context.wrap_socket(plain, server_side=True) as link:
                        link.sendall(call.line("NONCE", nonce="n"))
                        heard += link.recv(4096)
                        if answer and heard:
                            link.sendall(answer)
                            heard += link.recv(4096)
                except OSError:
                    pass
                return heard

    def test_wrong_certificate(self):
        """It says nothing."""
        self.assertEqual(self.meet("0" * 64), b"")

    def test_wrong_proof(self):
        """Right certificate, but no proof of the secret: no hello."""
        heard = self.meet(answer=call.line("PROOF", proof="0" * 64))
        self.assertEqual((heard[:12], heard.count(b"\n")), (b"ANSATZ-CALL ", 1))


class WayTest(unittest.TestCase):
    """Which way is offered."""

    def way(self, words, wish=None, **programs):
        """The way into a job of HTCondor whose condor_config_val says something."""
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        for name, script in dict(programs, condor_config_val="echo " + words).items():
            path = os.path.join(folder, name)
            with open(path, "w") as file:
                file.write("#!/bin/sh\n%s\n" % script)
            os.chmod(path, 0o700)

        async def ask():
            children = Children()
            batch = Batch(children, "me", Door(children, folder))
            batch._environment = {"PATH": folder}
            return await batch.way(HTCondor(), wish)
        return asyncio.run(ask())

    def test_ways(self):
        """By what the pool says, and by what is here."""
        off = "condor_ssh_to_job is switched off here (ENABLE_SSH_TO_JOB)."
        no_tool = "There is no condor_ssh_to_job on this machine."
        no_openssl = "There is no openssl on this machine for a job to call back to it."
        self.assertEqual(self.way("true", condor_ssh_to_job=""), ("attach", ""))
        self.assertEqual(self.way("False", condor_ssh_to_job="", openssl=""), ("call-back", off))
        self.assertEqual(self.way("False", condor_ssh_to_job=""), (None, off + " " + no_openssl))
        self.assertEqual(self.way("true", openssl=""), ("call-back", no_tool))
        self.assertEqual(self.way("true"), (None, no_tool + " " + no_openssl))
        with mock.patch.dict(os.environ, ANSATZ_JOB_WAY="attach"):
            mine = "Whoever runs this machine has chosen it (ANSATZ_JOB_WAY)."
            self.assertEqual(self.way("False", condor_ssh_to_job="", openssl=""), ("attach", mine + " " + off))
            self.assertEqual(self.way("true", condor_ssh_to_job=""), ("attach", ""))  # as it would be without
            self.assertEqual(self.way("true", "call-back", condor_ssh_to_job=""), ("attach", ""))  # the machine's word counts
            self.assertEqual(self.way("true", openssl=""), (None, no_tool))
        with mock.patch.dict(os.environ, ANSATZ_JOB_WAY="call-back"):
            self.assertEqual(self.way("true", condor_ssh_to_job="", openssl="")[0], "call-back")
            self.assertIsNone(self.way("true", condor_ssh_to_job="")[0])
            self.assertEqual(self.way("true", "attach", condor_ssh_to_job="", openssl=""), ("call-back", mine))
        theirs = "The administrators of the server have chosen it."
        self.assertEqual(self.way("true", "call-back", condor_ssh_to_job="", openssl=""), ("call-back", theirs))
        self.assertEqual(self.way("False", "attach", condor_ssh_to_job="", openssl=""), ("attach", theirs + " " + off))
        self.assertEqual(self.way("true", "attach", openssl=""), (None, no_tool))

    def test_old_slurm(self):
        """srun comes into a job since 20.11."""
        self.assertEqual(Slurm().read_way("slurm-wlm 24.11.5"), ("attach", ""))
        self.assertEqual(Slurm().read_way("slurm 20.02.6"), ("call-back", "srun of Slurm 20.02 has no --overlap."))
        self.assertEqual(Slurm().read_way(""), ("attach", ""))


class DoorTest(unittest.TestCase):
    """The port and the certificate."""

    def test_ports_and_certificate(self):
        """Those of the range only; one certificate, anew when it is old and nobody has been told of it."""
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)

        async def use():
            door, env = Door(Children(), folder), dict(os.environ)
            first = await door.invite("a", env, None)
            os.utime(certificate.path(folder), (0, 0))
            second = await door.invite("b", env, None)
            self.assertEqual((first["certificate"], first["hosts"]), (second["certificate"], second["hosts"]))
            self.assertNotEqual(first["secret"], second["secret"])
            other = Door(door._children, tempfile.mkdtemp(dir=folder))
            with self.assertRaises(Unwilling) as caught:
                await other.invite("c", env, None)
            self.assertIn("no port for jobs to call back to (%d)" % port, str(caught.exception))
            door.forget("a")
            self.assertEqual(door.saved("b"), {"secret": second["secret"], "port": port})
            door.forget("b")
            third = await door.invite("d", env, None)
            self.assertNotEqual(first["certificate"], third["certificate"])
            door.forget("d")
        port = free_port()
        with mock.patch.dict(os.environ, ANSATZ_CALL_BACK_PORTS=str(port), ANSATZ_CALL_BACK_HOST="a:1, [::1]:2, c"):
            asyncio.run(use())
        with mock.patch.dict(os.environ, ANSATZ_CALL_BACK_HOST="a:1, [fd00::1]:2, fd00::1, c"):
            self.assertEqual(asyncio.run(self.names(folder)), [("a", 1), ("fd00::1", 2), ("fd00::1", 0), ("c", 0)])
        with mock.patch.dict(os.environ, ANSATZ_CALL_BACK_HOST=""):
            self.assertIn((socket.gethostname(), 0), asyncio.run(self.names(folder)))

    async def names(self, folder):
        """What a job is told."""
        return await Door(Children(), folder)._names({})
