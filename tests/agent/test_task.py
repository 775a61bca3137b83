"""Work that outlives the connection and the daemon, and a quick start as such work."""
import os
import signal
import sys

from harness import AGENT, AgentTest, lives, until

sys.path.insert(0, AGENT)
import quick_start  # noqa: E402
import task  # noqa: E402


class TaskTest(AgentTest):
    """Programs of our own."""

    def ended(self, link, identity="t"):
        """The status of a task when it no longer runs."""
        until(lambda: link.call("task", task=identity)["state"] != "running")
        return link.call("task", task=identity)

    def begin(self, link, script, **options):
        """Starts a line of shell."""
        return link.call("start-task", **dict({"task": "t", "argv": ["/bin/sh", "-c", script]}, **options))["started"]

    def test_to_its_end(self):
        """Result, words, status; a second start under the id is none while it runs, and a new one afterwards."""
        link, gate = self.link(), os.path.join(self.top, "gate")
        script = "echo ANSATZ-STEP 0.5 Halfway; echo words; while [ ! -e %s ]; do sleep 0.05; done; " % gate
        script += "echo 'ANSATZ-RESULT {\"a\": 1}'"
        self.assertTrue(self.begin(link, script, about={"for": "me"}))
        self.assertFalse(self.begin(link, "true"))
        until(lambda: link.call("task", task="t")["text"] == "Halfway")
        now = link.call("task", task="t")
        self.assertEqual((now["state"], now["part"], now["output"], now["about"]), ("running", 0.5, "words", {"for": "me"}))
        self.assertEqual(link.error("forget-task", task="t"), "alive")
        open(gate, "w").close()
        done = self.ended(link)
        self.assertEqual((done["state"], done["exitCode"], done["result"], done["part"]), ("done", 0, {"a": 1}, 1))
        self.assertTrue(self.begin(link, "exit 3"))
        self.assertEqual(self.ended(link)["exitCode"], 3)
        link.call("forget-task", task="t")
        self.assertEqual((link.call("tasks")["tasks"], link.error("task", task="t")), ([], "no-task"))

    def test_survives_connection_and_daemon(self):
        """Both killed in the middle: the work goes on, and the next daemon knows how it ended."""
        link, gate = self.link(), os.path.join(self.top, "gate")
        self.begin(link, "while [ ! -e %s ]; do sleep 0.05; done; exit 7" % gate)
        pid = self.daemon()
        link.kill()
        os.kill(pid, signal.SIGKILL)
        until(lambda: not lives(pid))
        link = self.link()
        self.assertEqual(link.call("task", task="t")["state"], "running")
        open(gate, "w").close()
        done = self.ended(link)
        self.assertEqual((done["state"], done["exitCode"]), ("failed", 7))

    def test_cancelled_and_late(self):
        """TERM, which a program may use to tidy up, then KILL for one that does not listen; a limit ends it likewise."""
        link, mess = self.link(), os.path.join(self.top, "mess")
        self.begin(link, "trap 'rm %s; exit' TERM; touch %s; echo up; while :; do sleep 0.05; done" % (mess, mess))
        until(lambda: link.call("task", task="t")["output"] == "up")
        link.call("cancel-task", task="t")
        self.assertEqual(self.ended(link)["state"], "cancelled")
        self.assertFalse(os.path.exists(mess))
        self.begin(link, "trap '' TERM; while :; do sleep 0.05; done", timeout=0.1)
        self.assertEqual(self.ended(link)["state"], "late")

    def test_quick_start_without_what_it_needs(self):
        """A Python without ensurepip; a package index that is not there: said as such, and nothing is left behind."""
        home = os.path.join(self.top, "home")
        os.mkdir(home)
        self.env.update(HOME=home)
        link = self.link()
        # a Python of a system that has taken ensurepip out of it
        script = ("import sys; sys.path.insert(0, sys.argv.pop(1)); import importlib.util as u; find = u.find_spec; "
                  "u.find_spec = lambda name: None if name in ('ensurepip', 'virtualenv') else find(name); "
                  "import quick_start; sys.exit(quick_start.main('x', ['ipykernel']))")
        link.call("start-task", task="t", argv=["{python}", "-c", script, "{agent}"])
        found = self.ended(link)
        self.assertEqual((found["state"], found["problem"]["code"]), ("failed", "no-venv"))
        env = {"PIP_INDEX_URL": "http://127.0.0.1:9/simple", "PIP_CONFIG_FILE": os.devnull, "PIP_RETRIES": "0"}
        link.call("start-task", task="t", argv=["{python}", "{agent}", "quick-start", "x", "ipykernel"], env=env)
        found = self.ended(link)
        self.assertEqual((found["state"], found["problem"]["code"]), ("failed", "no-network"), found["output"])
        self.assertEqual(os.listdir(os.path.join(home, ".ansatz")), [])

    def test_words_of_pip(self):
        """What pip prints becomes a sentence and a part that only grows."""
        lines = ["ANSATZ-STEP 0.15 Fetching numpy", "Collecting numpy", "  Downloading https://x.org/a/numpy-2.whl (16 MB)",
                 "Collecting scipy (from -r x)", "Installing collected packages: numpy, scipy", "Successfully installed"]
        told = [task.progress("\n".join(lines[:end]))[:2] for end in range(1, len(lines) + 1)]
        self.assertEqual([text for text, _ in told], ["Fetching numpy", "Collecting numpy", "Downloading numpy-2.whl (16 MB)",
                                                      "Collecting scipy", "Installing 2 packages", "Installing 2 packages"])
        parts = [part for _, part in told]
        self.assertEqual(parts, sorted(parts))

    def test_why_pip_failed(self):
        """Words of a full disk win over those that follow from it."""
        self.assertEqual(quick_start.explained("x\nERROR: Could not install: [Errno 28] No space left on device\n")[0],
                         "no-space")
        self.assertEqual(quick_start.explained("ERROR: No matching distribution found for nonsense\n"),
                         ("no-package", "nonsense"))


class GpuTest(AgentTest):
    """A fake nvidia-smi on PATH; the process that holds memory is a real kernel."""

    def test_board(self):
        """What a process holds is told with its account, its time and our kernel's id."""
        programs = os.path.join(self.top, "programs")
        os.mkdir(programs)
        self.assertEqual(self.link().call("gpus"), {"gpus": []})
        link = self.link()
        kernel = self.start(link)
        link.run("k", "1")  # it has been told what it is told at its start (see replay.py)
        with open(os.path.join(programs, "nvidia-smi"), "w") as file:
            file.write('#!/bin/sh\ncase "$*" in *query-gpu*) echo "0, GPU-a, NVIDIA A100, 37, 9000, 40960, 61";'
                       ' echo "1, GPU-b, NVIDIA A100, [N/A], 0, 40960, [N/A]";;\n'
                       '*) echo "GPU-a, %d, 8000"; echo "GPU-a, 1, 500"; echo "GPU-a, 4194304, [N/A]";; esac\n' % kernel["pid"])
        os.chmod(os.path.join(programs, "nvidia-smi"), 0o755)
        os.kill(self.daemon(), signal.SIGKILL)
        self.env["PATH"] = programs + ":" + self.env["PATH"]
        link = self.link()
        first, second = link.call("gpus")["gpus"]
        self.assertEqual((first["index"], first["utilization"], first["memoryTotal"], first["temperature"]),
                         (0, 0.37, 40960 << 20, 61))
        self.assertEqual((second["utilization"], second["temperature"], second["processes"]), (None, None, []))
        ours, other, hidden = first["processes"]
        self.assertEqual((ours["kernel"], ours["memory"], ours["user"]), ("k", 8000 << 20, "root" if os.geteuid() == 0 else ours["user"]))
        self.assertIn("ipykernel_launcher", ours["command"])
        self.assertGreaterEqual(ours["elapsed"], 0)
        self.assertEqual((other["kernel"], hidden["kernel"], hidden["user"], hidden["memory"]), (None, None, None, 0))
