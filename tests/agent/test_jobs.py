"""A kernel in a job, from the submission to its end, with a stand-in for the batch system (processes.py)."""
import asyncio
import json
import os
import signal
import subprocess
import sys
import zipfile
from unittest import mock

from harness import PATIENCE_S, PYTHON_KERNEL, AgentTest, Link, lives, text, until

from usage import Gpus, assigned

HERE = os.path.dirname(os.path.abspath(__file__))
STAND_IN = os.path.join(HERE, "processes.py")


class JobTest(AgentTest):
    """The agent with the stand-in as its only batch system."""

    environment = {"STAND_IN_PROGRAM": STAND_IN}

    @classmethod
    def setUpClass(cls):
        """A zipapp that knows another scheduler."""
        super().setUpClass()
        with zipfile.ZipFile(cls.program) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        with open(STAND_IN, "rb") as file:
            parts["schedulers.py"] = file.read()
        with zipfile.ZipFile(cls.program, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in parts.items():
                archive.writestr(zipfile.ZipInfo(name), data)

    def setUp(self):
        """The folder of the stand-in."""
        super().setUp()
        self.place = os.path.join(self.top, "cluster")
        os.mkdir(self.place)
        self.env.update(STAND_IN=self.place, ANSATZ_JOBS=os.path.join(self.top, "jobs"))
        self.addCleanup(self._end_jobs)

    def _end_jobs(self):
        """No job outlives its test."""
        for name in os.listdir(self.place) if os.path.isdir(self.place) else ():
            if os.path.isdir(os.path.join(self.place, name)):
                self.tell("remove", name)
                until(lambda: '"ended"' in self.read(name, "state"))

    def tell(self, *words):
        """A command of the stand-in."""
        subprocess.run([sys.executable, STAND_IN] + list(words), env=self.env, check=True)

    def read(self, *names):
        """A file of the stand-in."""
        with open(os.path.join(self.place, *names)) as file:
            return file.read()

    def mark(self, name, there=True):
        """One of its switches."""
        path = os.path.join(self.place, name)
        open(path, "w").close() if there else os.unlink(path)

    def begin(self, link, kernel="k", argv=None, after=0, cwd=None, **job):
        """Starts a kernel in a job and subscribes."""
        about = dict({"scheduler": "processes", "cpus": 1, "memory": 0, "gpus": 0, "walltime": 0, "lease": 60}, **job)
        started = link.call("start", kernel=kernel, argv=argv or PYTHON_KERNEL, env={"FROM": "login"}, cwd=cwd or self.top,
                            interruptMode="signal", language="python", job=about)
        link.call("subscribe", kernel=kernel, after=after)
        return started["started"]

    def state(self, link, wanted):
        """Waits for a state of the job; its status."""
        while True:
            for status in link.news:
                if status["state"] == wanted:
                    return status
            link.turn()

    def kill_in_a_run(self, link):
        """Starts a kernel and something that prints for a while, and kills the daemon: (its message's id, the last number seen)."""
        self.begin(link)
        link.agent("started")
        identity = link.execute("k", "import time\nfor i in range(1500):\n    print(i, flush=True); time.sleep(0.002)")
        link.event(lambda e: e["type"] == "stream")
        os.kill(link.hello["pid"], signal.SIGKILL)
        link.process.wait()
        return identity, link.seen[-1]["seq"]

    def worker(self, number="1"):
        """The pid of the job's process."""
        return int(self.read(number, "pid"))


class LifeTest(JobTest):
    """What happens to a kernel in a job."""

    def test_whole_life(self):
        """Queued, running, asked, interrupted, ended; nothing of it is left."""
        self.mark("closed")
        link = self.link()
        self.assertEqual(link.call("jobs")["jobs"], [])
        self.assertTrue(self.begin(link))
        self.assertFalse(link.call("start", kernel="k", argv=["x"], job={"scheduler": "processes"})["started"])
        self.assertEqual(self.state(link, "queued")["id"], "1")
        self.assertEqual([entry["kernel"] for entry in link.call("jobs")["jobs"]], ["k"])  # not what was known before
        first = link.execute("k", "import os; print(os.environ['FROM'], os.environ['TMPDIR'][-5:])")
        self.assertFalse(link.call("send", kernel="k", channel="shell", msgId=first, msgType="execute_request",
                                   content={}, metadata={})["accepted"])
        self.assertEqual(link.error("ask", kernel="k", msgType="complete_request", content={}), "busy")
        self.assertIsNone(link.call("usage", kernel="k")["usage"])
        link.call("interrupt", kernel="k")
        self.mark("closed", False)
        status = self.state(link, "running")
        self.assertEqual((status["scheduler"], status["node"]), ("processes", "node1"))
        link.agent("started")
        self.assertEqual(text(link.finish(first)), "login place\n")
        self.assertEqual(link.call("ask", kernel="k", msgType="kernel_info_request", content={})["type"], "kernel_info_reply")
        self.assertGreater(link.call("usage", kernel="k")["usage"]["memory"], 1000000)
        entry = link.call("jobs")["jobs"][0]
        self.assertEqual((entry["kernel"], entry["state"]), ("k", "running"))
        run = link.execute("k", "import time\nprint('on', flush=True)\ntime.sleep(60)")
        link.event(lambda e: e["type"] == "stream")
        link.call("interrupt", kernel="k")
        self.assertIn("KeyboardInterrupt", [e["content"].get("ename") for e in link.finish(run)])
        link.call("shutdown", kernel="k")
        died = link.agent("died")
        self.assertEqual((died["reason"], died["requested"]), ("exit", True))
        self.assertEqual([event["seq"] for event in link.seen], list(range(1, len(link.seen) + 1)))
        pid = self.worker()
        until(lambda: not lives(pid))
        self.assertEqual(self.state(link, "ended")["end"], "finished")
        link.call("forget", kernel="k")
        self.assertEqual(link.call("kernels")["kernels"], [])
        self.assertEqual(os.listdir(os.path.join(self.top, "jobs")), [])

    def test_cancelled_while_queued(self):
        """It never runs."""
        self.mark("closed")
        link = self.link()
        self.begin(link)
        self.state(link, "queued")
        link.call("shutdown", kernel="k")
        died = link.agent("died")
        self.assertEqual((died["reason"], died["requested"]), ("removed", True))
        self.assertEqual(link.call("kernels")["kernels"][0]["state"], "dead")

    def test_refused(self):
        """The scheduler's words, and nothing left behind."""
        self.mark("full")
        link = self.link()
        answer = link.answer(link.post("start", kernel="k", argv=["x"], job={"scheduler": "processes"}))["error"]
        self.assertEqual(answer, {"code": "submit", "message": "the cluster takes no jobs today"})
        self.assertEqual(link.call("kernels")["kernels"], [])
        self.assertEqual(link.error("start", kernel="k", argv=["x"], job={"scheduler": "pbs"}), "bad-params")
        self.assertEqual(link.error("start", kernel="k", argv=["x"], job={"scheduler": "processes", "account": "a\nb"}),
                         "bad-params")

    def test_line_cut_in_a_flood(self):
        """100 000 lines, the attach killed in the middle, several times: every line once, in order."""
        link = self.link()
        self.begin(link)
        link.agent("started")
        identity = link.execute("k", "for i in range(100000): print(i, flush=i % 500 == 0)")
        for turn in range(3):
            link.event(lambda e, goal=len(link.seen) + 20: e["type"] == "stream" and len(link.seen) > goal)
            for pid in self.attaches():
                os.kill(pid, signal.SIGKILL)
        link.finish(identity)
        self.assertEqual(text(link.seen), "".join("%d\n" % i for i in range(100000)))
        self.assertEqual([event["seq"] for event in link.seen], list(range(1, len(link.seen) + 1)))

    def attaches(self):
        """The programs that are lines to the worker."""
        found = []
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/cmdline" % name, "rb") as file:
                    line = file.read()
            except OSError:
                continue
            if b"attach-worker" in line and self.top.encode() in line:
                found.append(int(name))
        return found

    def test_daemon_killed(self):
        """With -9 during a run: the next daemon finds the job, and nothing is missing."""
        link = self.link()
        identity, last = self.kill_in_a_run(link)
        again = self.link()
        self.assertEqual(again.call("kernels")["kernels"][0]["state"], "alive")
        again.call("subscribe", kernel="k", after=last)
        self.assertFalse(again.call("send", kernel="k", channel="shell", msgId=identity, msgType="execute_request",
                                    content={}, metadata={})["accepted"])
        again.finish(identity)
        self.assertEqual(text(link.seen + again.seen), "".join("%d\n" % i for i in range(1500)))
        self.assertEqual([event["seq"] for event in again.seen], list(range(last + 1, last + 1 + len(again.seen))))
        self.assertEqual(text(again.run("k", "print(6 * 7)")), "42\n")
        again.call("shutdown", kernel="k")
        again.agent("died")

    def test_daemon_killed_while_queued(self):
        """What was sent before is run when the job is there."""
        self.mark("closed")
        link = self.link()
        self.begin(link)
        self.state(link, "queued")
        identity = link.execute("k", "print('at last')")
        os.kill(link.hello["pid"], signal.SIGKILL)
        link.process.wait()
        self.mark("closed", False)
        again = self.link()
        again.call("subscribe", kernel="k", after=0)
        again.agent("started")
        self.assertEqual(text(again.finish(identity)), "at last\n")

    def test_worker_killed(self):
        """Nobody is there to say why: lost, in the scheduler's words; a new job goes on with the numbers."""
        link = self.link()
        self.begin(link)
        link.agent("started")
        link.run("k", "print(1)")
        os.kill(self.worker(), signal.SIGKILL)
        died = link.agent("died")
        self.assertEqual((died["reason"], died["words"], died["requested"]), ("lost", "status -9", False))
        last = link.seen[-1]["seq"]
        self.assertTrue(self.begin(link, after=last))
        link.agent("started")
        self.assertEqual([event["seq"] for event in link.seen], list(range(1, len(link.seen) + 1)))
        self.assertEqual(text(link.run("k", "print(2)")), "2\n")

    def test_evicted(self):
        """SIGTERM to the worker: all that was printed arrives, then why it ended; a new job continues the numbers."""
        link = self.link()
        self.begin(link)
        link.agent("started")
        identity = link.execute("k", "import time\nfor i in range(20000): print(i)\nprint('end', flush=True)\ntime.sleep(60)")
        link.event(lambda e: e["type"] == "execute_input")
        link.event(lambda e: "end\n" in e["content"].get("text", ""))
        self.tell("evict", "1")
        died = link.agent("died")
        self.assertEqual((died["reason"], died["words"], died["requested"]), ("evicted", "for somebody else", False))
        self.assertEqual(text(link.seen), "".join("%d\n" % i for i in range(20000)) + "end\n")
        self.assertTrue(identity)
        self.assertEqual([event["seq"] for event in link.seen], list(range(1, len(link.seen) + 1)))
        last = link.seen[-1]["seq"]
        self.begin(link, after=last)
        link.agent("started")
        self.assertEqual([e["seq"] for e in link.seen], list(range(1, len(link.seen) + 1)))

    def test_removed_by_somebody(self):
        """The scheduler says so, though the worker cannot know."""
        link = self.link()
        self.begin(link)
        link.agent("started")
        link.call("job-act", scheduler="processes", id="1", act="remove")
        died = link.agent("died")
        self.assertEqual((died["reason"], died["words"]), ("removed", "by its owner"))

    def test_restart_keeps_the_job(self):
        """The next start of the id goes to the same worker."""
        link = self.link()
        self.begin(link)
        link.agent("started")
        link.run("k", "x = 1")
        pid = self.worker()
        link.call("shutdown", kernel="k", restart=True)
        self.assertEqual(link.agent("died")["requested"], True)
        self.assertTrue(self.begin(link, after=link.seen[-1]["seq"]))
        link.agent("started")
        self.assertIn("NameError", [e["content"].get("ename") for e in link.run("k", "x")])
        self.assertTrue(lives(pid))
        self.assertFalse(os.path.exists(os.path.join(self.place, "2")))
        self.assertEqual([e["seq"] for e in link.seen], list(range(1, len(link.seen) + 1)))

    def test_restart_of_a_deaf_one(self):
        """It has to be insisted, by a signal that batch systems send as well: the job is kept all the same."""
        self.env.update(SLURM_JOB_ID="1")
        link = self.link()
        self.begin(link)
        link.agent("started")
        link.finish(link.execute("k", "async def deaf(*_): pass\nget_ipython().kernel.control_handlers['shutdown_request'] = deaf"))
        link.call("shutdown", kernel="k", restart=True)
        died = link.agent("died")
        self.assertEqual((died["reason"], died["signal"], died["requested"]), ("exit", "SIGTERM", True))
        self.begin(link, after=link.seen[-1]["seq"])
        self.assertEqual(text(link.finish(link.execute("k", "print(1)"))), "1\n")
        self.assertEqual(link.call("jobs")["jobs"][0]["id"], "1")

    def test_startup_fails(self):
        """No such program there."""
        link = self.link()
        self.begin(link, argv=["/nonexistent/program"])
        died = link.agent("died")
        self.assertEqual(died["reason"], "startup")
        self.assertIn("/nonexistent/program", died["stderr"])

    def test_starts_by_itself(self):
        """The kernel does not wait for who comes into the job, and is the one that is found there."""
        self.mark("closed")
        self.mark("locked")
        link, made = self.link(), os.path.join(self.top, "made")
        self.begin(link, argv=["/bin/sh", "-c", 'echo "$FROM $$" >>"$0"; exec "$@"', made] + PYTHON_KERNEL)
        self.state(link, "queued")
        jobs = os.path.join(self.top, "jobs")
        start = os.path.join(jobs, os.listdir(jobs)[0], "start.json")
        self.assertEqual(os.stat(start).st_mode & 0o777, 0o600)
        self.mark("closed", False)
        until(lambda: os.path.exists(made))
        self.assertFalse(os.path.exists(start))
        self.mark("locked", False)
        link.agent("started")
        self.assertEqual(text(link.finish(link.execute("k", "import os; print(os.getpid())"))).strip(), self.line(made)[6:])

    def test_ends_before_who_comes(self):
        """A kernel that ended by itself is not started a second time."""
        self.mark("locked")
        link, made = self.link(), os.path.join(self.top, "made")
        self.begin(link, argv=["/bin/sh", "-c", 'echo "$FROM" >>"$0"; echo no module >&2; exit 3', made])
        until(lambda: os.path.exists(made))
        self.mark("locked", False)
        died = link.agent("died")
        self.assertEqual((died["reason"], died["exitCode"], died["stderr"].strip()), ("startup", 3, "no module"))
        self.assertEqual(self.line(made), "login")

    def test_what_it_is_started_with_is_away(self):
        """A node that does not see the folder: the kernel is started when the daemon is there."""
        self.mark("closed")
        link = self.link()
        self.begin(link)
        self.state(link, "queued")
        jobs = os.path.join(self.top, "jobs")
        os.unlink(os.path.join(jobs, os.listdir(jobs)[0], "start.json"))
        self.mark("closed", False)
        link.agent("started")
        self.assertEqual(text(link.finish(link.execute("k", "print(1)"))), "1\n")

    def line(self, path):
        """The only line of a file."""
        with open(path) as file:
            (line,) = file.read().splitlines()
        return line

    def test_other_node(self):
        """One that has neither the folder nor the Python of the login node."""
        link = self.link()
        self.begin(link, argv=["/nonexistent/python3"] + PYTHON_KERNEL[1:], cwd="/nonexistent")
        link.agent("started")
        self.assertEqual(text(link.run("k", "import os, sys; print(os.getcwd(), sys.executable)")),
                         "%s %s\n" % (os.path.join(self.place, "1", "place"), sys.executable))

    def test_orphan(self):
        """A worker whose daemon never comes back ends after its lease (which must be longer than the start of a kernel)."""
        link = self.link()
        self.begin(link, lease=8)
        link.agent("started")
        os.kill(link.hello["pid"], signal.SIGKILL)
        pid = self.worker()
        until(lambda: not lives(pid))
        again = self.link()
        again.call("subscribe", kernel="k", after=0)
        self.assertEqual(again.agent("died")["reason"], "lost")

    def test_nobody_asks(self):
        """A kernel in a job that nobody subscribes to ends after the lease, though the daemon is there."""
        link = self.link()
        self.begin(link, lease=8)
        link.agent("started")
        link.call("unsubscribe", kernel="k")
        until(lambda: link.call("kernels")["kernels"][0]["state"] == "dead")
        pid = self.worker()
        until(lambda: not lives(pid))


class DevicesTest(JobTest):
    """A stand-in for nvidia-smi on the node: a GPU of somebody else's, and the one that the scheduler has given to the job."""

    def test_own_devices(self):
        """The kernel has the scheduler's word on devices, not the login's; only the job's own is told of."""
        programs = os.path.join(self.top, "programs")
        os.mkdir(programs)
        with open(os.path.join(programs, "nvidia-smi"), "w") as file:
            file.write('#!/bin/sh\ncase "$*" in *query-gpu*) echo "0, GPU-aaaa1111-2, NVIDIA A100, 90, 40960, 9000";'
                       ' echo "1, GPU-bbbb2222-3, NVIDIA T4, 37, 15360, 1024";;\n*) echo "GPU-aaaa1111-2, 1, 500";; esac\n')
        os.chmod(os.path.join(programs, "nvidia-smi"), 0o755)
        self.env.update(PATH=programs + ":" + self.env["PATH"], CUDA_VISIBLE_DEVICES="1")
        link = self.link()
        about = {"scheduler": "processes", "cpus": 1, "lease": 60}
        link.call("start", kernel="k", argv=PYTHON_KERNEL, env={"CUDA_VISIBLE_DEVICES": "0", "CUDA_DEVICE_ORDER": "PCI_BUS_ID"},
                  cwd=self.top, interruptMode="signal", language="python", job=about)
        link.call("subscribe", kernel="k", after=0)
        link.agent("started")
        code = "import os; print(*(os.environ[name] for name in ('CUDA_VISIBLE_DEVICES', 'CUDA_DEVICE_ORDER', 'ANSATZ_DEVICES')))"
        self.assertEqual(text(link.run("k", code)), "1 PCI_BUS_ID CUDA_VISIBLE_DEVICES=1\n")
        self.assertEqual(link.call("usage", kernel="k")["usage"]["gpus"],
                         [{"name": "NVIDIA T4", "load": 0.37, "memory": 1024 << 20, "memoryTotal": 15360 << 20}])

    def test_names(self):
        """Numbers, whole UUIDs and the short ones of HTCondor; what hides all devices names none."""
        rows = [[str(at), "GPU-%s-4b1c-a" % word, "T4", "[N/A]", "1", "2"] for at, word in enumerate(("c4a646d7", "c4a646d8"))]
        for said, wanted in (("0", [0]), ("0,1", [0, 1]), ("GPU-c4a646d8", [1]), ("GPU-c4a646d7-4b1c-a", [0]), ("10000", []),
                             ("NoDevFiles", []), ("", []), ("-1", []), ("GPU-", []), ("MIG-1234-567", [])):
            gpus = Gpus(None)
            gpus._at, gpus._known = float("inf"), (rows, [])
            with mock.patch("shutil.which", return_value="nvidia-smi"):
                found = asyncio.run(gpus.of(set(), assigned({"CUDA_VISIBLE_DEVICES": said})))
            self.assertEqual(len(found), len(wanted), said)


class WorkerTest(AgentTest):
    """A worker by itself."""

    def test_walltime(self):
        """Its own countdown ends the kernel, which has time to say what it has to; then it ends when that is fetched."""
        folder = os.path.join(self.top, "job")
        os.mkdir(folder, 0o700)
        options = {"token": "t" + os.path.basename(self.top), "scheduler": "slurm", "after": 70, "lease": 60, "walltime": 4}
        worker = subprocess.Popen([sys.executable, self.program, "worker", folder, json.dumps(options)], env=self.env)
        self.addCleanup(worker.wait)
        self.addCleanup(worker.kill)
        until(lambda: os.path.exists(os.path.join(folder, "r", "agent-1.sock")))
        link = Link(self.program, os.path.join(folder, "r"), self.env, "attach-worker").greet()
        self.addCleanup(link.kill)
        self.start(link)
        link.execute("k", "import time\nprint('said', end='')\ntime.sleep(60)")
        died = link.agent("died")
        self.assertEqual((died["reason"], died["requested"]), ("walltime", False))
        self.assertEqual((text(link.seen), link.seen[0]["seq"]), ("said", 71))
        link.ack(link.seen[-1], keep=link.seen[-1]["seq"] + 1)
        self.assertEqual(worker.wait(PATIENCE_S), 0)
        self.assertFalse(os.path.exists(folder))


    def test_leftovers(self):
        """Killed with -9 it leaves a folder behind; the next worker there removes it, and no living one's."""
        def begin(name):
            folder = os.path.join(self.top, name)
            os.mkdir(folder, 0o700)
            token = name + os.path.basename(self.top)
            options = {"token": token, "scheduler": "slurm", "after": 0, "lease": 60, "walltime": 0}
            worker = subprocess.Popen([sys.executable, self.program, "worker", folder, json.dumps(options)], env=self.env)
            self.addCleanup(worker.wait)
            self.addCleanup(worker.kill)
            until(lambda: os.path.exists(os.path.join(folder, "r", "agent-1.sock")))
            return worker, "/tmp/ansatz-job-" + token
        living, kept = begin("a")
        killed, left = begin("b")
        self.assertTrue(os.path.exists(left))
        killed.kill()
        killed.wait()
        third, other = begin("c")
        self.assertEqual([os.path.exists(path) for path in (kept, left, other)], [True, False, True])
        for worker in (living, third):
            worker.kill()
            worker.wait()
        self.link()  # a daemon does it, too
        until(lambda: not os.path.exists(kept) and not os.path.exists(other))

    def test_another_end(self):
        """Told of more time it lives on beyond the first end, told of less it ends at once."""
        folder = os.path.join(self.top, "job")
        os.mkdir(folder, 0o700)
        options = {"token": "t" + os.path.basename(self.top), "scheduler": "slurm", "after": 0, "lease": 60, "walltime": 5}
        worker = subprocess.Popen([sys.executable, self.program, "worker", folder, json.dumps(options)], env=self.env)
        self.addCleanup(worker.wait)
        self.addCleanup(worker.kill)
        until(lambda: os.path.exists(os.path.join(folder, "r", "agent-1.sock")))
        link = Link(self.program, os.path.join(folder, "r"), self.env, "attach-worker").greet()
        self.addCleanup(link.kill)
        link.call("extend-worker", walltime=3600)
        self.start(link)
        self.assertEqual(text(link.run("k", "import time\ntime.sleep(6)\nprint('still here')")), "still here\n")
        link.call("extend-worker", walltime=1)
        self.assertEqual(link.agent("died")["reason"], "walltime")
        link.ack(link.seen[-1], keep=link.seen[-1]["seq"] + 1)
        self.assertEqual(worker.wait(PATIENCE_S), 0)


class UnreachableTest(JobTest):
    """Little patience."""

    environment = dict(JobTest.environment, ANSATZ_UNREACHABLE_S="2")

    def test_unreachable(self):
        """It runs, the scheduler says, and nobody is let in."""
        self.mark("locked")
        link = self.link()
        self.begin(link)
        died = link.agent("died")
        self.assertEqual((died["reason"], died["words"]), ("unreachable", "you may not enter"))
