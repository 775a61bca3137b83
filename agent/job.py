"""One batch job of ours: from its submission to what the scheduler says of its end.

What is known comes from the job's own log, read at every tick, and from the question for all jobs (see batch). A job that
is back in the queue, or held, after it ran is over for us: it is removed, and never runs a second time.
"""
import asyncio
import os
import shutil
import time

import process
import runtime
from kernel import Unwilling
from scheduler import SPARE_S

MISSED = 2  # answers without the job until it counts as gone
LET_S = 3.0  # for the log to say why it was evicted
START = "start.json"  # in its folder: what the kernel is started with
AGAIN_S = 5.0  # between attempts to remove it
_BEFORE = ("submitting", "queued", "held")


def folder(token):
    """Makes the folder of a job: in the cache, where the scheduler's own daemons can write too."""
    return runtime.private(os.path.join(place(), token))


def place():
    """The folder that has those of jobs; Unwilling where none can be made."""
    chosen = os.environ.get("ANSATZ_JOBS")
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    places = [chosen] if chosen else [os.path.join(cache, "ansatz", "jobs"), "/tmp/ansatz-%d-jobs" % os.geteuid()]
    problem = None
    for each in places:
        try:
            probe = os.path.join(runtime.private(each), ".probe-%d" % os.getpid())
            runtime.write_private(probe, b"x" * 4096)
            os.unlink(probe)
            return each
        except (OSError, runtime.Refused) as error:
            problem = error
    raise Unwilling("submit", "no folder for the job can be made: %s" % problem)


class Job:
    """`changed()` is called whenever its status is another; `kernel` is the id of the one that runs in it."""

    def __init__(self, batch, system, token, path, about, kernel, changed):
        self._batch, self.system, self.token, self.folder, self.about = batch, system, token, path, about
        self.kernel, self._changed = kernel, changed
        self.id, self.state, self.since, self.words, self.node, self.end = None, "submitting", time.time(), "", "", None
        self.started, self._ends, self._expected, self._ahead = None, None, None, None
        self.limit = about["walltime"] * 60 + SPARE_S if about["walltime"] else None  # the scheduler's, in seconds
        self._limited_at = 0.0  # what was asked before knows nothing of our own change of it
        self.foretold = None  # the end as the kernel in it has told, or as we have decided
        self.urgent = False  # something is about to be another: ask soon
        self._read, self._missed, self._submitted_at, self._looking = 0, 0, 0.0, False
        self._removing, self._told_off, self._answered, self._discarded = None, False, False, False
        self._left = False  # a start.json is in the folder until the worker takes it

    # -- life ----------------------------------------------------------------------------------------------------------

    def leave(self, how):
        """Leaves for the worker what the kernel is started with, in a file that the scheduler does not keep, and tells
        where that is for it. Unwilling where it cannot be written."""
        path = os.path.join(self.folder, START)
        try:
            runtime.write_json(path, how)
        except OSError as error:
            raise Unwilling("submit", "%s: %s" % (self.folder, error.strerror))
        self._left = True
        return START if self.system.transfers else path

    async def submit(self, name, script):
        """Gives it to the scheduler; Unwilling in the scheduler's words when that refuses."""
        try:
            carried = (START,) if self._left else ()
            for file, text in self.system.files(self.folder, self.about, name, script, carried).items():
                runtime.write_private(os.path.join(self.folder, file), text.encode("utf-8"))
        except OSError as error:
            raise Unwilling("submit", "%s: %s" % (self.folder, error.strerror))
        self._batch.follow(self)
        self._submitted_at = float("inf")  # no answer before its end says that it is not there
        code, out, err = await self._batch.command(self.system, self.system.submit(self.folder, self.about, name), self.folder)
        found = self.system.submitted(out) if code == 0 else None
        if found is None:
            self.state = "ended"
            self.discard()
            raise Unwilling("submit", (err.strip() or out.strip())[-4000:] or "the scheduler gave no job")
        self._named(found)
        self._submitted_at = time.monotonic()
        if self.state == "submitting":
            self._tell(self._become, "queued")

    def resume(self, saved):
        """Goes on with a job that an earlier daemon has left."""
        self.id, self.state, self.node = saved.get("id"), saved.get("state") or "submitting", saved.get("node") or ""
        self.since, self.started = saved.get("since") or time.time(), saved.get("started")
        self.limit = saved.get("limit") or self.limit
        self.words, self.end, self._answered = saved.get("words") or "", saved.get("end"), bool(saved.get("answered"))
        self._left = os.path.exists(os.path.join(self.folder, START))
        if self.state != "ended":
            self._batch.follow(self)

    def saved(self):
        """What resume() takes, and what is needed to make the object."""
        return {"scheduler": self.system.name, "token": self.token, "folder": self.folder, "about": self.about, "id": self.id,
                "state": self.state, "node": self.node, "since": self.since, "started": self.started, "words": self.words,
                "end": self.end, "answered": self._answered, "limit": self.limit}

    def status(self):
        """The JobStatus of src/lib/model/job.ts."""
        ends = self._ends
        if self.started and self.walltime:
            ends = self.started + self.walltime
        extends = self.state == "running" and bool(self.limit) and bool(self._batch.rights(self.system).get("extends"))
        return {"scheduler": self.system.name, "id": self.id, "state": self.state, "since": self.since, "ahead": self._ahead,
                "words": self.words, "expectedStart": self._expected, "node": self.node, "endsAt": ends, "extends": extends,
                "end": self.end}

    @property
    def walltime(self):
        """Seconds after which the worker ends by itself, a little before the scheduler's limit; 0: it does not."""
        if not self.about["walltime"] or not self.limit:
            return 0
        return self.limit - SPARE_S if self.limit > SPARE_S else self.limit // 2

    async def extend(self, seconds, within):
        """Asks for more time; Unwilling in the scheduler's words. `within` is a coroutine function that has the worker set
        an attribute, where only that helps."""
        if not self.runs:
            raise Unwilling("job", "the job does not run")
        if not self.limit:
            raise Unwilling("job", "the job has no end that could be put off")
        limit = self.limit + seconds
        attribute = self.system.extend_within(limit)
        if attribute:
            await within(attribute)
        else:
            await self._batch.extend(self.system, self.id, limit)
        self._limited_at = time.monotonic()
        self._tell(self._allow, limit)

    def _allow(self, limit):
        self.limit = limit

    def belated(self):
        """More is known of what may be done with it."""
        self._changed()

    @property
    def waits(self):
        """It has not run yet."""
        return self.state in _BEFORE

    @property
    def runs(self):
        """There is something to connect to."""
        return self.state in ("starting", "running")

    def answered(self):
        """The worker in it has been reached."""
        self._answered = True
        try:
            os.unlink(os.path.join(self.folder, START))
        except OSError:
            pass  # the worker has done so
        if self.state == "starting":
            self._tell(self._become, "running")

    def belongs(self, changed):
        """Another life of the kernel goes on in it."""
        self._changed = changed

    # -- news ----------------------------------------------------------------------------------------------------------

    def look(self):
        """Reads what is new in the log; without one, the worker tells that it is there by taking its start.json."""
        if self.system.log_file:
            news = [each for each in self._news() if self.id in (None, each["id"])]
            for at, each in enumerate(news):
                self._named(each["id"])
                if each["end"] != "evicted" or not any(later["end"] not in (None, "evicted") for later in news[at:]):
                    self._tell(self._apply, each)
        elif self._left and self.waits and not os.path.exists(os.path.join(self.folder, START)):
            self._batch.hurry(self.system)

    def _named(self, identity):
        """The scheduler has it, by the word of its command or of the log, whichever comes first; None where it may have it."""
        if self.id is None:
            self.id = identity
            self._batch.given(self.system)

    def tick(self):
        """Looks, also where nothing has called; tries again to remove what must go."""
        self.look()
        if self._removing is not None and time.monotonic() >= self._removing and self.id:
            self._removing = time.monotonic() + AGAIN_S
            asyncio.ensure_future(self._remove())

    def _news(self):
        try:
            with open(os.path.join(self.folder, self.system.log_file), "rb") as file:
                file.seek(self._read)
                data = file.read()
        except OSError:
            return []
        if not data:
            return []
        text = data.decode("latin-1")  # one character is one byte
        found, taken = self.system.news(text)
        self._read += taken
        return [dict(each, words=each["words"].encode("latin-1").decode("utf-8", "replace")) for each in found]

    def told(self, seen, asked):
        """What the question for all jobs said of this one, None where it is not in the list; `asked`: when it was put."""
        if seen is not None:
            self._missed, self.id = 0, self.id or seen["id"]
            if asked < self._limited_at:
                seen = dict(seen, limit=None)
            self._tell(self._apply, seen)
        elif self.state != "ended" and asked > self._submitted_at and (self.id or self._submitted_at == 0.0):
            self._missed += 1
            if self._missed >= MISSED and not self._looking:
                self._looking = True
                asyncio.ensure_future(self._find_out())

    async def _find_out(self):
        """It has vanished, and its log does not say why."""
        found = None
        if self.id:
            code, out, _ = await self._batch.command(self.system, self.system.past(self.id))
            found = self.system.ended(out) if code == 0 else None
        self._looking = False
        if self.state != "ended":
            found = found or {"end": "lost", "words": "The scheduler does not know it any more."}
            self._tell(self._finish, found["end"], found["words"])

    def _apply(self, seen):
        if self.state == "ended":
            said = seen["end"] not in (None, "evicted")
            if said and (self.end == "removed" and not self.words or self.end == "evicted" and not self._told_off):
                self.end, self.words = seen["end"], seen["words"] or self.words
            return
        state = seen["state"]
        self.node, self.limit = seen["node"] or self.node, seen["limit"] or self.limit
        self._expected, self._ahead, self._ends = seen["expected"], seen["ahead"], seen["ends"] or self._ends
        if state == "running":
            self.started = self.started or seen["started"] or time.time()
            self.words = ""
            if self.waits:
                self._become("starting")
        elif state == "ended":
            self._finish(seen["end"] or "finished", seen["words"])
        elif state in ("queued", "held") and not self.waits:
            if seen["end"] or not self.system.log_file:  # an answer without may be older than what the log says
                self._removing = time.monotonic() + LET_S  # its log may go on to say why
                end, words = seen["end"] or "evicted", seen["words"]
                if end == "evicted" and self._told_off:  # the first that HTCondor says of a removal
                    end, words = "removed", ""
                self._finish(end, words)
        elif state in ("queued", "held"):
            self.words = seen["words"]
            if state != self.state:
                self._become(state)

    def _tell(self, action, *words):
        """Does something and says once if anything is another than before."""
        before = self.status()
        action(*words)
        if self.status() != before:
            self._changed()

    def _become(self, state):
        self.state, self.since = "running" if state == "starting" and self._answered else state, time.time()

    def _finish(self, end, words):
        self.end, self.words = end, words
        if self.foretold and end in ("finished", "removed"):
            self.end = self.foretold
        if self._removing is None:
            self._batch.unfollow(self)
        self._become("ended")
        self._tidy()

    # -- its end -------------------------------------------------------------------------------------------------------

    def remove(self):
        """Has the scheduler remove it, and tries until that works."""
        if self._removing is None and self.state != "ended":
            self._removing = 0.0

    async def _remove(self):
        self._told_off = True
        try:
            await self._batch.act(self.system, "remove", self.id)
        except Unwilling:
            if self.state != "ended":
                return  # the scheduler is away: again
        self._removing = None
        if self.waits:
            self._tell(self._finish, "removed", "")
        elif self.state == "ended":
            self._batch.unfollow(self)

    def discard(self):
        """Nobody asks for it any more. Its folder goes when the scheduler needs it no longer."""
        self._discarded = True
        if not self.id:
            self.state = "ended"
            self._batch.unfollow(self)
        self._tidy()

    def _tidy(self):
        if self._discarded and (self.state == "ended" or not self.id):
            shutil.rmtree(self.folder, ignore_errors=True)

    def complaint(self):
        """What the worker itself has said, as far as it has come back."""
        return process.tail(os.path.join(self.folder, self.system.words_file)) if self.system.words_file else ""
