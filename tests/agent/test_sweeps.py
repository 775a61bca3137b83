"""Notebooks as batch jobs, from the record to what is left in the folder, with a stand-in for the batch system (processes.py)."""
import json
import os
import signal
import unittest

from harness import PATIENCE_S, PYTHON_KERNEL, until
from slurm import Slurm
from sweep_job import SweepJob
from test_jobs import JobTest

OVER = ("done", "failed", "ended")


class SweepCase(JobTest):
    """A folder with inputs."""

    environment = dict(JobTest.environment, ANSATZ_INTENT_S="1")

    def setUp(self):
        """The folder of the sweep."""
        super().setUp()
        self.folder = os.path.join(self.top, "sweep")
        os.makedirs(os.path.join(self.folder, "inputs"))

    def put(self, name, *sources):
        """An input."""
        cells = [{"cell_type": "code", "id": "c%d" % at, "metadata": {}, "source": source, "outputs": [], "execution_count": None}
                 for at, source in enumerate(sources)]
        with open(os.path.join(self.folder, "inputs", name + ".ipynb"), "w") as file:
            json.dump({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}, file)

    def wish(self, *names, **more):
        """What is asked for."""
        return dict({"folder": self.folder, "title": "a | title", "argv": PYTHON_KERNEL, "env": {"SECRET": "hush"}, "cwd": self.top,
                     "interruptMode": "signal", "language": "python", "onError": "stop",
                     "points": [{"name": name, "parameters": {"n": name}} for name in names],
                     "job": {"scheduler": "processes", "cpus": 1}}, **more)

    def points(self, link):
        """How they are: {name: status}."""
        return {point["name"]: point for point in link.call("sweep", folder=self.folder)["points"]}

    def states(self, link):
        """Their states in order."""
        return [point["state"] for point in link.call("sweep", folder=self.folder)["points"]]

    def over(self, link):
        """Waits until nothing goes on; how they are."""
        until(lambda: all(state in OVER for state in self.states(link)))
        return self.points(link)

    def said(self, name):
        """What its last cell has said."""
        with open(os.path.join(self.folder, name + ".ipynb")) as file:
            outputs = json.load(file)["cells"][-1]["outputs"]
        return "".join("".join(each.get("text", "")) for each in outputs)

    def jobs(self):
        """How many jobs there ever were."""
        return sum(name.isdigit() for name in os.listdir(self.place))

    def record(self):
        """The record as it is on the disk."""
        with open(os.path.join(self.folder, "sweep.json")) as file:
            return json.load(file)

    def tidied(self):
        """Waits until no folder of a job is left."""
        until(lambda: os.listdir(os.path.join(self.top, "jobs")) == [])

    def leave(self, link):
        """The daemon is killed."""
        os.kill(link.hello["pid"], signal.SIGKILL)
        link.process.wait()


class SweepTest(SweepCase):
    """What becomes of the points."""

    def test_whole(self):
        """Four points, one of which fails; a second call changes nothing; nothing of it is left but the folder."""
        for name in ("a", "b", "c"):
            self.put(name, "n = %r" % name, "import os\nprint(n, os.environ['SECRET'])")
        self.put("bad", "1 / 0", "print(2)")
        link = self.link()
        self.assertEqual(link.error("sweep", folder=self.folder), "no-sweep")
        self.assertTrue(link.call("sweep-start", **self.wish("a", "b", "c", "bad"))["started"])
        self.assertFalse(link.call("sweep-start", **self.wish("a"))["started"])
        self.assertEqual(os.stat(os.path.join(self.folder, "sweep.json")).st_mode & 0o777, 0o600)
        found = self.over(link)
        self.assertEqual([point["state"] for point in found.values()], ["done", "done", "done", "failed"])
        self.assertEqual([self.said(name) for name in ("a", "b", "c")], ["a hush\n", "b hush\n", "c hush\n"])
        self.assertEqual(found["bad"]["words"], "ZeroDivisionError: division by zero")
        self.assertEqual([point["cells"] for point in found.values()], [{"done": 2, "all": 2}] * 3 + [{"done": 1, "all": 2}])
        self.assertEqual((found["a"]["parameters"], found["a"]["node"], found["a"]["job"]), ({"n": "a"}, "node1", "1"))
        self.assertLess(found["a"]["started"], found["a"]["finished"])
        until(lambda: self.record()["how"] is None and all(point["result"] for point in self.record()["points"]))
        self.assertNotIn("hush", json.dumps(self.record()))
        self.tidied()
        self.assertEqual(self.jobs(), 4)
        self.assertEqual(sorted(os.listdir(self.folder)), ["a.ipynb", "b.ipynb", "bad.ipynb", "c.ipynb", "inputs", "sweep.json"])
        self.leave(link)
        again = self.link()
        self.assertEqual(self.points(again), found)
        link = again.call("sweep", folder=self.folder + "/../sweep/")
        self.assertEqual((link["folder"], link["title"], link["scheduler"]), (os.path.realpath(self.folder), "a | title", "processes"))

    def test_refused_parameters(self):
        """Nothing is written."""
        self.put("a", "1")
        link = self.link()
        for more in ({"points": []}, {"points": [{"name": "../a", "parameters": {}}]}, {"points": [{"name": "a\n", "parameters": {}}]},
                     {"points": [{"name": "a", "parameters": []}]}, {"points": [{"name": "a", "parameters": {}}] * 2},
                     {"onError": "never"}, {"folder": "relative"}, {"env": {"a=b": "c"}}, {"job": {"scheduler": "pbs"}},
                     {"points": [{"name": "a%d" % at, "parameters": {}} for at in range(501)]}):
            self.assertEqual(link.error("sweep-start", **self.wish("a", **more)), "bad-params", more)
        self.assertEqual(link.error("sweep-start", **self.wish("a", "b")), "start")  # b has no input
        self.assertEqual(link.error("sweep-start", **self.wish("a", folder=self.top + "/none")), "start")
        self.assertEqual(link.error("sweep", folder=self.top + "/none"), "no-sweep")
        self.assertEqual(os.listdir(self.folder), ["inputs"])

    def test_refused_by_the_scheduler(self):
        """The first refusal says it of all."""
        self.mark("full")
        self.put("a", "1")
        self.put("b", "1")
        link = self.link()
        link.call("sweep-start", **self.wish("a", "b"))
        self.assertEqual([(point["state"], point["words"]) for point in self.over(link).values()],
                         [("ended", "the cluster takes no jobs today")] * 2)
        self.tidied()

    def test_progress_and_stop(self):
        """Queued, running with its cells; stopped, one says what it had and the others never ran."""
        self.mark("closed")
        self.put("a", "print('said')", "import time\nprint('on', flush=True)\ntime.sleep(100)")
        self.put("b", "print('b')")
        link = self.link()
        link.call("sweep-start", **self.wish("a"))
        until(lambda: self.states(link) == ["queued"])
        until(lambda: self.points(link)["a"]["words"] == "waits its turn")
        self.assertEqual([entry["kernel"] for entry in link.call("jobs")["jobs"]], [None])
        self.mark("closed", False)
        until(lambda: self.points(link)["a"]["cells"] == {"done": 1, "all": 2})
        self.assertEqual(self.states(link), ["running"])
        link.call("sweep-stop", folder=self.folder)
        found = self.over(link)["a"]
        self.assertEqual((found["state"], found["words"]), ("ended", "The job was removed. (by its owner)"))
        self.assertEqual(self.said("a"), "on\n")
        link.call("sweep-stop", folder=self.folder)  # is over

    def test_log_before_the_command(self):
        """A job whose log is written before its command has ended is among the jobs, also for who has just asked."""
        for name in ("closed", "slow"):
            self.mark(name)
        self.put("a", "print('a')")
        link = self.link()
        self.assertEqual(link.call("jobs")["jobs"], [])
        link.call("sweep-start", **self.wish("a"))
        until(lambda: self.states(link) == ["queued"])
        self.assertEqual([entry["state"] for entry in link.call("jobs")["jobs"]], ["queued"])
        for name in ("slow", "closed"):
            self.mark(name, False)
        self.assertEqual(self.over(link)["a"]["state"], "done")

    def test_stopped_while_queued(self):
        """It never runs, and nothing is left of it."""
        self.mark("closed")
        for name in ("a", "b"):
            self.put(name, "print(1)")
        link = self.link()
        link.call("sweep-start", **self.wish("a", "b"))
        until(lambda: self.states(link)[0] == "queued")
        link.call("sweep-stop", folder=self.folder)
        self.assertEqual([point["state"] for point in self.over(link).values()], ["ended"] * 2)
        self.assertEqual(sorted(os.listdir(self.folder)), ["inputs", "sweep.json"])
        self.tidied()

    def test_job_killed(self):
        """Nobody could say why: the notebook gets to know what the scheduler knows."""
        self.put("a", "print('said')", "import time\ntime.sleep(100)")
        link = self.link()
        link.call("sweep-start", **self.wish("a"))
        until(lambda: self.points(link)["a"]["cells"] == {"done": 1, "all": 2})
        os.kill(self.worker(), signal.SIGKILL)
        found = self.over(link)["a"]
        self.assertEqual(found["state"], "ended")
        self.assertIn("status -9", found["words"])
        with open(os.path.join(self.folder, "a.ipynb")) as file:
            notebook = json.load(file)
        self.assertEqual(notebook["metadata"]["ansatz"]["ended"]["words"], found["words"])
        self.assertEqual("".join(notebook["cells"][0]["outputs"][0]["text"]), "said\n")

    def test_daemon_killed(self):
        """While one runs and others wait: the next daemon goes on without being asked, and every point has one job."""
        self.mark("closed")
        for name in "abcd":
            self.put(name, "print(%r)" % name)
        link = self.link()
        link.call("sweep-start", **self.wish(*"abcd"))
        until(lambda: self.states(link)[1] == "queued")
        self.leave(link)
        self.mark("closed", False)
        found = self.over(self.link())
        self.assertEqual([(point["state"], self.said(name)) for name, point in found.items()], [("done", name + "\n") for name in "abcd"])
        self.assertEqual(self.jobs(), 4)

    def test_daemon_killed_before_the_submission(self):
        """The record says that it was about to be, and the scheduler knows nothing of it: it is submitted once."""
        self.put("a", "print('a')")
        self.mark("killer-before")
        link = self.link()
        link.post("sweep-start", **self.wish("a"))
        link.process.wait(PATIENCE_S)
        self.assertEqual((self.record()["points"][0]["job"]["id"], self.jobs()), (None, 0))
        again = self.link()
        self.assertEqual((self.over(again)["a"]["state"], self.said("a"), self.jobs()), ("done", "a\n", 1))

    def test_daemon_killed_while_it_prepared(self):
        """The folder of a job that was never given to the scheduler goes, and the point is submitted once."""
        self.put("a", "print('a')")
        self.mark("killer-before")
        link = self.link()
        link.post("sweep-start", **self.wish("a"))
        link.process.wait(PATIENCE_S)
        folder = self.record()["points"][0]["job"]["folder"]
        for name in ("worker.sh", "start.json"):
            os.unlink(os.path.join(folder, name))
        self.env.update(ANSATZ_INTENT_S="600")  # nobody waits for a job that cannot be
        again = self.link()
        self.assertEqual((self.over(again)["a"]["state"], self.said("a"), self.jobs()), ("done", "a\n", 1))
        self.assertFalse(os.path.exists(folder))

    def test_daemon_killed_after_the_submission(self):
        """The scheduler has it, and nobody has heard its number: it is found, not submitted again."""
        self.put("a", "print('a')")
        self.mark("killer-after")
        link = self.link()
        link.post("sweep-start", **self.wish("a"))
        link.process.wait(PATIENCE_S)
        self.assertEqual((self.record()["points"][0]["job"]["id"], self.jobs()), (None, 1))
        again = self.link()
        found = self.over(again)["a"]
        self.assertEqual((found["state"], found["job"], self.said("a"), self.jobs()), ("done", "1", "a\n", 1))

    def test_other_login_node(self):
        """The agent of another host only tells."""
        self.put("a", "print(1)")
        self.mark("closed")
        link = self.link()
        link.call("sweep-start", **self.wish("a"))
        until(lambda: self.states(link) == ["queued"] and self.record()["points"][0]["job"]["id"])
        self.leave(link)
        record = self.record()
        record["keeper"]["host"] = "login2"
        with open(os.path.join(self.folder, "sweep.json"), "w") as file:
            json.dump(record, file)
        again = self.link()
        self.assertEqual(self.states(again), ["queued"])
        reply = again.answer(again.post("sweep-stop", folder=self.folder))["error"]
        self.assertEqual((reply["code"], "login2" in reply["message"]), ("busy", True))
        self.assertEqual(self.record()["keeper"]["host"], "login2")

    def test_secrets(self):
        """Environment and program are in private files only, none of which the scheduler reads."""
        self.mark("closed")
        self.put("a", "print(1)")
        link = self.link()
        link.call("sweep-start", **self.wish("a"))
        until(lambda: self.states(link) == ["queued"] and self.record()["how"] is None)
        where = {}
        for folder, _, names in os.walk(self.top):
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.isfile(path):
                    continue
                with open(path, "rb") as file:
                    if b"hush" in file.read():
                        where[name] = os.stat(path).st_mode & 0o777
        self.assertEqual(where, {"start.json": 0o600})  # the record needs it no more
        for name in os.listdir(os.path.join(self.top, "jobs")):
            self.assertEqual(os.stat(os.path.join(self.top, "jobs", name)).st_mode & 0o777, 0o700)



class VerdictTest(unittest.IsolatedAsyncioTestCase):
    """Why a job has ended that has left nothing, in words."""

    async def command(self, system, argv, *rest):
        """In the place of Batch: Slurm tells exit statuses only when it is asked."""
        return 0, "JobId=7 JobState=FAILED Reason=NonZeroExitCode ExitCode=%s:0 BatchHost=n1" % self.status, ""

    async def test_words(self):
        """What its program has said by its status, and what the scheduler says."""
        for end, words, status, wanted in (
                ("finished", "FAILED (NonZeroExitCode)", 94, "n1 does not see /home/ada/j, where the job is prepared"),
                ("finished", "FAILED (NonZeroExitCode)", 96, "There is no Python 3.8 or newer on n1."),
                ("finished", "FAILED (NonZeroExitCode)", 5, "The job ended before it had begun with the notebook. (FAILED"),
                ("removed", "CANCELLED", 0, "The job was removed. (CANCELLED)"), ("lost", "", 0, "The scheduler does not know"),
                ("walltime", "TIMEOUT (TimeLimit)", 0, "The walltime is over. (TIMEOUT (TimeLimit))")):
            self.status = status
            job = SweepJob(self, Slurm(), "t" * 32, "/home/ada/j", {"walltime": 0}, lambda: None)
            job.follow({"id": "7", "state": "ended", "node": "n1", "words": words, "end": end})
            self.assertTrue((await job.verdict()).startswith(wanted), await job.verdict())
