"""What outlives what: kernels outlive connections and the agent, the agent outlives its clients, nothing runs twice."""
import os
import re
import signal
import subprocess
import sys

from harness import PYTHON_KERNEL, AgentTest, build, lives, text, until

SLOW = "import time\nfor i in range(%d):\n    print(i, flush=True); time.sleep(0.002)"


class SurvivalTest(AgentTest):
    """With a generous lease."""

    def test_link_destroyed_four_times(self):
        """Each new connection goes on after the last number seen: every line once, in order."""
        link = self.link()
        self.start(link)
        identity, seen = link.execute("k", SLOW % 2000), []
        for _ in range(4):
            link.event(lambda e, goal=len(link.seen) + 100: len(link.seen) >= goal)
            link.kill()
            seen += link.seen
            link = self.link()
            link.call("subscribe", kernel="k", after=seen[-1]["seq"])
        link.finish(identity)
        seen += link.seen
        self.assertEqual(text(seen), "".join("%d\n" % i for i in range(2000)))
        self.assertEqual([event["seq"] for event in seen], list(range(1, len(seen) + 1)))

    def test_daemon_killed_during_a_run(self):
        """The kernel goes on, the next connection adopts it, the numbers go on, and what it said meanwhile is said again."""
        link = self.link()
        pid = self.start(link)["pid"]
        identity = link.execute("k", "x = 41\n" + SLOW % 1500)
        link.event(lambda e: e["type"] == "stream")
        os.kill(link.hello["pid"], signal.SIGKILL)
        link.process.wait()
        last = link.seen[-1]["seq"]
        self.assertTrue(lives(pid))
        again = self.link()
        self.assertNotEqual(again.hello["pid"], link.hello["pid"])
        self.assertFalse(again.call("start", kernel="k", argv=["false"])["started"])
        again.call("subscribe", kernel="k", after=last)
        self.assertEqual(again.agent("resumed")["reason"], "restart")
        repeated = {"kernel": "k", "channel": "shell", "msgId": identity, "msgType": "execute_request",
                    "content": {"code": "x = 0"}, "metadata": {}}
        self.assertFalse(again.call("send", **repeated)["accepted"])
        again.finish(identity)
        self.assertEqual(text(link.seen + again.seen), "".join("%d\n" % i for i in range(1500)))
        self.assertEqual([e["seq"] for e in again.seen], list(range(last + 1, last + 1 + len(again.seen))))
        self.assertEqual(text(again.run("k", "print(x + 1)")), "42\n")
        again.call("shutdown", kernel="k")
        died = again.agent("died")
        self.assertEqual((died["reason"], died["requested"]), ("exit", True))
        until(lambda: not lives(pid))

    def test_kernel_that_died_unseen(self):
        """Daemon and kernel gone (a reboot): the next daemon says lost, and a new start continues the numbers."""
        link = self.link()
        pid = self.start(link)["pid"]
        for victim in (link.hello["pid"], pid):
            os.kill(victim, signal.SIGKILL)
        link.process.wait()
        until(lambda: not lives(pid))
        again = self.link()
        self.assertEqual(again.call("kernels")["kernels"][0]["state"], "dead")
        last = again.call("subscribe", kernel="k", after=0)["lastSeq"]
        self.assertEqual(again.agent("died")["reason"], "lost")
        again.call("start", kernel="k", argv=PYTHON_KERNEL)
        again.agent("started")
        self.assertGreater(again.seen[-1]["seq"], last)
        self.assertEqual(text(again.run("k", "print('new')")), "new\n")

    def test_two_attaches_start_one_daemon(self):
        """Whoever comes at the same time meets the same daemon."""
        links = [self.open() for _ in range(6)]
        self.assertEqual(len({link.greet().hello["pid"] for link in links}), 1)

    def test_another_version_takes_over_only_an_idle_daemon(self):
        """With a living kernel the old one stays and serves; without, the new one takes its place and its records."""
        link = self.link()
        self.start(link)
        folder = os.path.join(self.top, "other")
        os.mkdir(folder)
        program, sha = build(folder, b"another version")
        guest = self.link(program=program, sha=sha)
        self.assertEqual((guest.hello["pid"], guest.hello["agent"]), (link.hello["pid"], self.sha))
        self.assertEqual(guest.call("kernels")["kernels"][0]["state"], "alive")
        link.call("shutdown", kernel="k")
        last = link.agent("died") and link.seen[-1]["seq"]
        fresh = self.link(program=program, sha=sha)
        self.assertEqual(fresh.hello["agent"], sha)
        until(lambda: not lives(link.hello["pid"]))
        self.assertEqual(fresh.call("kernels")["kernels"][0]["lastSeq"], last)

    def test_end_of_input_ends_the_attach_only(self):
        """The daemon stays for the next one."""
        link = self.link()
        link.process.stdin.close()
        self.assertEqual(link.process.wait(), 0)
        self.assertEqual(self.link().hello["pid"], link.hello["pid"])

    def test_daemon_is_detached(self):
        """Its own session, no descriptor of the client, nothing in its environment or arguments that is secret."""
        link = self.link()
        self.start(link)
        pid = link.hello["pid"]
        self.assertNotEqual(os.getsid(pid), os.getsid(0))
        for fd in (0, 1, 2):
            self.assertNotIn("pipe", os.readlink("/proc/%d/fd/%d" % (pid, fd)))
        kernel = link.call("kernels")["kernels"][0]["pid"]
        with open("/proc/%d/cmdline" % kernel) as line, open("/proc/%d/environ" % kernel) as environ:
            shown = line.read() + environ.read()
        path = [word for word in shown.split("\0") if word.endswith("connection.json")][0]
        with open(path) as file:
            self.assertNotIn(re.search('"key": "(\\w+)"', file.read()).group(1), shown)

    def test_forget(self):
        """A living kernel is not forgotten, a dead one is, with its files."""
        link = self.link()
        self.start(link)
        self.assertEqual(link.error("forget", kernel="k"), "alive")
        link.call("shutdown", kernel="k")
        link.agent("died")
        link.call("forget", kernel="k")
        self.assertEqual(link.call("kernels")["kernels"], [])
        self.assertEqual(os.listdir(os.path.join(self.runtime, "k")) + os.listdir(os.path.join(self.runtime, "spool")), [])
        link.call("forget", kernel="k")


class LeaseTest(AgentTest):
    """A daemon nobody needs goes away."""

    environment = {"ANSATZ_LEASE_S": "0.2"}

    def test_ends_after_the_lease(self):
        """Not while a client is there or a kernel lives, but then."""
        link = self.link()
        self.start(link)
        link.close()
        again = self.link()
        self.assertEqual(again.hello["pid"], link.hello["pid"])
        again.call("subscribe", kernel="k", after=0)
        again.call("shutdown", kernel="k")
        again.agent("died")
        again.close()
        until(lambda: not lives(link.hello["pid"]))
        self.assertFalse(os.path.exists(os.path.join(self.runtime, "agent-1.sock")))


class PrivacyTest(AgentTest):
    """Another account on the node."""

    def test_modes(self):
        """Folders can be entered by the owner only, files and the key read by the owner only."""
        link = self.link()
        self.start(link)
        link.run("k", "print('secret')")
        for folder, _, names in os.walk(self.runtime):
            self.assertEqual(os.stat(folder).st_mode & 0o077, 0, folder)
            for name in names:
                path = os.path.join(folder, name)
                if not name.startswith("k-"):  # made by the kernel, inside a folder that is closed
                    self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)

    def test_another_user_is_kept_out(self):
        """Tried as the user nobody, where the tests may do that."""
        if os.geteuid() != 0:
            self.skipTest("needs root")
        link = self.link()
        self.start(link)
        os.chmod(self.top, 0o755)
        for path in ("agent-1.sock", "k", "spool"):
            code = ("import os, socket, sys; os.setgid(65534); os.setuid(65534)\ntry:\n p = sys.argv[1]\n"
                    " socket.socket(socket.AF_UNIX).connect(p) if p.endswith('sock') else os.listdir(p)\n"
                    "except PermissionError: sys.exit(7)")
            done = subprocess.run([sys.executable, "-c", code, os.path.join(self.runtime, path)])
            self.assertEqual(done.returncode, 7, path)

    def test_refuses_a_foreign_folder(self):
        """A folder that is open, or a link, is not used."""
        for prepare in (lambda: os.mkdir(self.runtime, 0o755), lambda: os.symlink("/tmp", self.runtime)):
            prepare()
            os.path.islink(self.runtime) or os.chmod(self.runtime, 0o755)
            link = self.open()
            with self.assertRaisesRegex(AssertionError, '"code": "daemon"'):
                link.greet()
            self.assertEqual(link.process.wait(), 97)
            (os.unlink if os.path.islink(self.runtime) else os.rmdir)(self.runtime)
