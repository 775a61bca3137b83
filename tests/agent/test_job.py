"""What becomes of a job as its log and the question for all jobs tell it, in whatever order; without a scheduler."""
import asyncio
import os
import shutil
import tempfile
import unittest

import harness  # puts the agent on the path, so it comes first
import job
import scheduler
from htcondor import HTCondor
from kernel import Unwilling
from scheduler import seen
from slurm import Slurm

SUBMITTED = "000 (002.000.000) 2026-11-25 20:57:46 Job submitted from host: <127.0.0.1:7145>\n...\n"
RUNS = "001 (002.000.000) 2026-11-25 20:57:46 Job executing on host: <127.0.0.1:7145>\n\tSlotName: slot1_1@n1\n...\n"
EVICTED = "004 (002.000.000) 2026-11-25 20:57:47 Job was evicted.\n\t(0) CPU times\n...\n"
REMOVED = "009 (002.000.000) 2026-11-25 20:57:47 Job was aborted.\n\tvia condor_rm (by user ada)\n...\n"
GREEDY = ("012 (002.000.000) 2026-11-25 20:57:47 Job was held.\n\tError from slot1_1@n1: memory usage exceeded request_memory\n"
          "\tCode 21 Subcode 102\n...\n")
HELD = "012 (002.000.000) 2026-11-25 20:57:47 Job was held.\n\tvia condor_hold (by user ada)\n\tCode 1 Subcode 0\n...\n"
RELEASED = "013 (002.000.000) 2026-11-25 20:57:47 Job was released.\n\tvia condor_release (by user ada)\n...\n"


class Stub:
    """In the place of Batch: remembers what it is told to do."""

    def __init__(self):
        self.followed, self.acts, self.away = set(), [], False
        self.follow, self.unfollow = self.followed.add, self.followed.discard

    def rights(self, system):
        """The account may nothing more than others."""
        return {}

    async def act(self, system, act, identity):
        """Removes it, unless it is away."""
        self.acts.append((act, identity))
        if self.away:
            raise Unwilling("job", "away")


class JobTest(unittest.IsolatedAsyncioTestCase):
    """One job."""

    def make(self, system=None):
        """A job that the scheduler has just taken."""
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        self.batch, self.told = Stub(), []
        about = scheduler.resources({"scheduler": "htcondor", "walltime": 10})
        made = job.Job(self.batch, system or HTCondor(), "t" * 32, folder, about, "k",
                       lambda: self.told.append((made.state, made.end)))
        made.resume({"id": "2.0" if system is None else "2", "state": "queued"})
        return made

    def log(self, made, *texts):
        """Appends to its log and lets it read."""
        with open(os.path.join(made.folder, "job.log"), "a") as file:
            file.write("".join(texts))
        made.tick()

    async def test_pieces(self):
        """A log that comes in any pieces says everything once."""
        made, text = self.make(), SUBMITTED + RUNS + EVICTED + REMOVED
        for at in range(0, len(text), 7):
            self.log(made, text[at:at + 7])
        self.assertEqual((made.state, made.end, made.node, made.words), ("ended", "removed", "n1", "via condor_rm (by user ada)"))
        self.assertEqual(self.told, [("starting", None), ("ended", "evicted"), ("ended", "removed")])

    async def test_together(self):
        """Read at once, an eviction is what follows it says."""
        for last, end in ((REMOVED, "removed"), (GREEDY, "out-of-memory"), (HELD, "held"), ("", "evicted")):
            with self.subTest(end=end):
                made = self.make()
                self.log(made, SUBMITTED, RUNS)
                self.log(made, EVICTED, last)
                self.assertEqual(self.told, [("starting", None), ("ended", end)])
                self.assertEqual(made.state, "ended")

    async def test_evicted_is_removed(self):
        """It must not run again: removed after a moment; what the log says of that is not its end."""
        made = self.make()
        self.log(made, SUBMITTED, RUNS, EVICTED)
        self.assertEqual((made.end, self.batch.acts), ("evicted", []))
        made._removing, self.batch.away = 0.0, True
        made.tick()
        await asyncio.sleep(0)
        self.assertEqual(self.batch.acts, [("remove", "2.0")])
        self.log(made, REMOVED)  # our own doing, not its end
        self.assertEqual(made.end, "evicted")
        self.assertFalse(self.batch.followed)

    async def test_removed_while_it_runs(self):
        """HTCondor says first that it was evicted: it goes because we want it to."""
        made = self.make()
        self.log(made, SUBMITTED, RUNS)
        made.remove()
        made.tick()
        await asyncio.sleep(0)
        self.log(made, EVICTED)
        self.assertEqual((made.state, made.end, made.words), ("ended", "removed", ""))
        self.log(made, REMOVED)
        self.assertEqual((made.end, made.words), ("removed", "via condor_rm (by user ada)"))

    async def test_held_before_it_ran(self):
        """Waits for a person, then goes on."""
        made = self.make()
        self.log(made, SUBMITTED, HELD)
        self.assertEqual((made.state, made.words), ("held", "via condor_hold (by user ada)"))
        self.log(made, RELEASED, RUNS)
        self.assertEqual(made.state, "starting")
        made.answered()
        self.assertEqual((made.state, self.batch.acts), ("running", []))

    async def test_older_answer(self):
        """An answer from before it ran changes nothing of what the log has said."""
        made = self.make()
        self.log(made, SUBMITTED, RUNS)
        made.told(seen(id="2.0", state="queued"), 1.0)
        self.assertEqual(made.state, "starting")
        made.told(seen(id="2.0", state="queued", end="evicted"), 1.0)
        self.assertEqual((made.state, made.end), ("ended", "evicted"))

    async def test_without_a_log(self):
        """Slurm: only the answers count."""
        made = self.make(Slurm())
        made.told(seen(id="2", state="queued", words="Resources"), 1.0)
        made.told(seen(id="2", state="running", node="n1", started=100, ends=5000), 1.0)
        self.assertEqual((made.state, made.status()["endsAt"], made.words), ("starting", 700, ""))
        made.told(seen(id="2", state="ended", end="walltime", words="TIMEOUT"), 1.0)
        self.assertEqual((made.state, made.end, made.words), ("ended", "walltime", "TIMEOUT"))

    async def test_foretold(self):
        """A worker that ended by its own countdown has ended in good order, the scheduler thinks."""
        made = self.make(Slurm())
        made.told(seen(id="2", state="running"), 1.0)
        made.foretold = "walltime"
        made.told(seen(id="2", state="ended", end="finished"), 1.0)
        self.assertEqual(made.end, "walltime")
