"""The batch job of one point of a sweep: nobody enters it, and there may be hundreds, so its log is read when it is written and
seldom else."""
import os
import re
import time

import job_script
import run_notebook
import runtime
from job import Job
from job_script import NO_PYTHON
from kernel import Unwilling

LOOK_S = 5.0  # between two looks at a log of which no word came; at once when the scheduler has lost sight of it
CARRIED, BROUGHT = (run_notebook.START, run_notebook.INPUT), (run_notebook.OUTPUT,)
_STATUS = re.compile(r"(?:exit status|return value) (\d+)")
_ENDS = {
    "removed": "The job was removed.", "evicted": "The scheduler took the machine back.", "held": "The scheduler held the job.",
    "walltime": "The walltime is over.", "out-of-memory": "It used more memory than was asked for.",
    "node-failed": "The machine failed.", "lost": "The scheduler does not know the job any more.",
    "finished": "The job ended before it had begun with the notebook."}


def was_prepared_only(known):
    """What kept() gave to a daemon that was killed before it gave the job to the scheduler: not even its program is there."""
    there = (os.path.exists(os.path.join(known["folder"], name)) for name in ("worker.sh", "job.log"))
    return not known["id"] and known["state"] == "submitting" and not any(there)


class SweepJob(Job):
    """A Job whose program is run_notebook."""

    def __init__(self, batch, system, token, path, about, changed):
        super().__init__(batch, system, token, path, about, None, changed)
        self._answered, self._look_at = True, 0.0

    def follow(self, saved):
        """Goes on with what kept() gave to an earlier daemon."""
        self.resume(dict(saved, answered=True))

    def kept(self):
        """What follow() takes, and what the object is made of."""
        saved = self.saved()
        return {name: saved[name] for name in ("token", "folder", "id", "state", "node", "since", "started", "words", "end")}

    async def send(self, name, start):
        """Gives it to the scheduler; Unwilling when that refuses. `start` is what run_notebook.py takes. Where no answer came in
        time the job may be there or not: it is looked for."""
        options = {"scheduler": self.system.name, "folder": self.folder, "walltime": self.about["walltime"] * 60}
        script = job_script.script(options, command="run-notebook", brought=BROUGHT)
        try:
            runtime.write_json(os.path.join(self.folder, run_notebook.START), start)
            for file, text in self.system.files(self.folder, self.about, name, script, CARRIED, BROUGHT).items():
                runtime.write_private(os.path.join(self.folder, file), text.encode("utf-8"))
        except OSError as error:
            raise Unwilling("submit", "%s: %s" % (self.folder, error.strerror))
        self._batch.follow(self)
        self._submitted_at = float("inf")
        code, out, err = await self._batch.command(self.system, self.system.submit(self.folder, self.about, name), self.folder)
        found = self.system.submitted(out) if code == 0 else None
        if found is None and code is not None:
            self._batch.unfollow(self)
            raise Unwilling("submit", (err.strip() or out.strip())[-4000:] or "the scheduler gave no job")
        self._named(found)
        self._submitted_at = time.monotonic() if found else 0.0
        if found and self.state == "submitting":
            self._tell(self._become, "queued")

    def tick(self):
        """Called about twice a second."""
        now = time.monotonic()
        if now >= self._look_at or self._removing is not None:
            self._look_at = now + LOOK_S
            super().tick()

    def told(self, seen, asked):
        """As of a Job; its log says more than its absence."""
        if seen is None:
            self._look_at = 0.0
        super().told(seen, asked)

    def _news(self):
        found = super()._news()
        if self.system.transfers and any(each["state"] == "running" for each in found):
            for name in CARRIED + ("worker.sh",):  # they are there; what is secret in them need not lie here any longer
                try:
                    os.unlink(os.path.join(self.folder, name))
                except OSError:
                    pass
        return found

    @property
    def is_leaving(self):
        """Somebody is about to have it removed."""
        return self._removing is not None

    @property
    def asked_to_go(self):
        """The same, or that was done."""
        return self.is_leaving or self._told_off

    def take_back(self):
        """True when no job has taken what was to be run; from now on none can."""
        path = os.path.join(self.folder, run_notebook.START)
        try:
            os.rename(path, path + ".back")
        except OSError:
            pass
        return os.path.exists(path + ".back")

    @property
    def brought(self):
        """The path of what has come back, or None."""
        path = os.path.join(self.folder, run_notebook.OUTPUT)
        try:
            return path if os.path.getsize(path) else None
        except OSError:
            return None

    async def verdict(self):
        """Why it ended, in words: those of the scheduler behind ours."""
        words = self.words
        if self.end == "finished" and self.id and not _STATUS.search(words):
            code, out, _ = await self._batch.command(self.system, self.system.past(self.id))
            found = self.system.ended(out) if code == 0 else None
            words = found["words"] if found else words
        status = _STATUS.search(words)
        status = int(status.group(1)) if status and self.end == "finished" else None
        node = self.node or "the node"
        if status == NO_PYTHON:
            return "There is no Python 3.8 or newer on %s." % node
        if status == run_notebook.UNSEEN:
            return ("%s does not see %s, where the job is prepared: this scheduler transfers no files, and needs a home folder "
                    "that its nodes share." % (node, self.folder))
        if status == run_notebook.TAKEN:
            return "What was to be run was not there any more."
        said = " ".join((self.complaint() if status else "").split())[-500:]
        behind = [each for each in (words, said) if each and each not in _ENDS.values()]
        return " ".join([_ENDS.get(self.end, _ENDS["finished"])] + (["(%s)" % "; ".join(behind)] if behind else []))
