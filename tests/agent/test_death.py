"""Why a kernel died, in words that somebody can act on."""
import os
import signal
import sys
import tempfile
import unittest

from harness import PYTHON_KERNEL, AgentTest, lives, text, until  # puts the agent on the path, so it comes first
import process
from memory import MemoryWatch



class DeathTest(AgentTest):
    """Real kernels, real signals."""

    def test_reasons(self):
        """A signal is named, and the kernel takes nothing more."""
        for number, reason, name in ((11, "segfault", "SIGSEGV"), (9, "killed", "SIGKILL"), (6, "abort", "SIGABRT")):
            with self.subTest(reason=reason):
                link = self.link()
                self.start(link, kernel=reason)
                link.execute(reason, "import os; os.kill(os.getpid(), %d)" % number)
                died = link.agent("died")
                self.assertEqual((died["reason"], died["signal"], died["exitCode"]), (reason, name, None))
                self.assertEqual(link.error("send", kernel=reason, channel="shell", msgId="x", msgType="t", content={}), "dead")

    def test_last_words(self):
        """A busy agent finds death and unread output at the same moment: `died` is still the last event."""
        link = self.link()
        pid, go = self.start(link)["pid"], os.path.join(self.top, "go")
        link.execute("k", "import os, time\nwhile not os.path.exists(%r): time.sleep(0.01)\nprint('last words', flush=True)\n"
                          "time.sleep(0.3); os._exit(1)" % go)  # ZeroMQ's own thread needs a moment to write
        link.event(lambda e: e["type"] == "execute_input")
        os.kill(link.hello["pid"], signal.SIGSTOP)
        try:
            with open(go, "w"):
                pass
            until(lambda: not lives(pid))
        finally:
            os.kill(link.hello["pid"], signal.SIGCONT)
        link.agent("died")
        self.assertEqual(text(link.seen), "last words\n")

    def test_exit(self):
        """os._exit with a status and words on stderr."""
        link = self.link()
        self.start(link)
        link.execute("k", "import os; os.write(2, b''); os._exit(5)")
        died = link.agent("died")
        self.assertEqual((died["reason"], died["exitCode"], died["requested"]), ("exit", 5, False))

    def test_start_fails(self):
        """A program that complains and exits: its words come along."""
        link = self.link()
        self.start(link, argv=[sys.executable, "-c", "import sys; sys.exit('no module named ipykernel')"])
        died = link.agent("died")
        self.assertEqual((died["reason"], died["exitCode"]), ("startup", 1))
        self.assertIn("no module named ipykernel", died["stderr"])

    def test_cannot_start(self):
        """No such program, no such folder: an answer, and no kernel left behind."""
        link = self.link()
        self.assertEqual(link.error("start", kernel="k", argv=["/nonexistent/python"]), "start")
        self.assertEqual(link.error("start", kernel="k", argv=["true"], cwd="/nonexistent"), "start")
        self.assertEqual(link.call("kernels")["kernels"], [])

    def test_shutdown_takes_its_processes_along(self):
        """What a cell has started in the background ends with the kernel, also when that is no child of it any more."""
        link = self.link()
        self.start(link)
        code = "import subprocess; print(subprocess.check_output('sleep 1000 >/dev/null & echo $!', shell=True).decode())"
        pid = int(text(link.run("k", code)))
        link.call("shutdown", kernel="k")
        link.agent("died")
        until(lambda: not lives(pid))

    def test_shutdown_of_one_that_does_not_listen(self):
        """Asked, told and killed; then it can be started anew."""
        link = self.link()
        self.start(link)
        deaf = os.path.join(self.top, "deaf")
        link.execute("k", "import signal, ctypes; signal.signal(signal.SIGTERM, signal.SIG_IGN); open(%r, 'w').close()\n"
                          "ctypes.PyDLL(None).sleep(1000)" % deaf)  # keeps the interpreter lock, so nothing is answered
        until(lambda: os.path.exists(deaf))
        link.call("shutdown", kernel="k")
        died = link.agent("died")
        self.assertEqual((died["signal"], died["requested"]), ("SIGKILL", True))
        link.call("start", kernel="k", argv=PYTHON_KERNEL)
        link.agent("started")


class SilentTest(AgentTest):
    """A kernel that never answers."""

    environment = {"ANSATZ_START_S": "0.5"}

    def test_is_killed(self):
        """With the reason, and not waited for for ever."""
        link = self.link()
        self.start(link, argv=["sleep", "1000"])
        died = link.agent("died")
        self.assertEqual((died["reason"], died["signal"]), ("startup", "SIGKILL"))


class MemoryTest(unittest.TestCase):
    """Killed for memory or by a person? Against control groups made of files."""

    def verdict(self, before, after, log=""):
        """What is said of SIGKILL when the counter of the group changed like this."""
        with tempfile.TemporaryDirectory() as root:
            with open("/proc/self/cgroup") as file:
                path = [line.split(":", 2)[2].strip() for line in file if line.startswith("0::")]
            if not path:
                self.skipTest("no control groups of version 2")
            folder = os.path.normpath(root + "/" + path[0])
            os.makedirs(folder, exist_ok=True)
            for name, content in (("memory.events", "oom 0\noom_kill %d\n" % before), ("memory.max", "8000000000\n")):
                with open(os.path.join(folder, name), "w") as file:
                    file.write(content)
            watch = MemoryWatch(os.getpid(), root)
            with open(os.path.join(folder, "memory.events"), "w") as file:
                file.write("oom 1\noom_kill %d\n" % after)
            return process.verdict(-9, True, log, watch)

    def test_out_of_memory(self):
        """The counter grew: the reason with the limit."""
        said = self.verdict(3, 4)
        self.assertEqual((said["reason"], said["limit"], said["signal"]), ("out-of-memory", 8000000000, "SIGKILL"))

    def test_killed_by_somebody(self):
        """The counter did not grow."""
        self.assertEqual(self.verdict(3, 3)["reason"], "killed")

    def test_memory_error_in_the_log(self):
        """A trace of it in the log counts too."""
        self.assertEqual(self.verdict(0, 0, "MemoryError: Unable to allocate")["reason"], "out-of-memory")
