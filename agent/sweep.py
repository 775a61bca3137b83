"""One sweep: gives its jobs to the scheduler, one after the other, and writes down what becomes of them.

The record, `sweep.json` in its folder, is written before a job is submitted. An agent that died in between is followed by one
that looks for the job by its name and its log. Only where the scheduler has not known it for INTENT_S, and nobody has taken what
was to be run, is it submitted anew; taking that away first makes sure that a job which shows up later runs nothing.
"""
import asyncio
import os
import re
import shutil
import sys
import time
import traceback
import uuid

import runtime
from job import place as job_place
from kernel import Unwilling
from sweep_job import SweepJob, was_prepared_only
from sweep_point import Point

PACE_S = 0.2  # between two submissions
TURN_S = 1.0  # between two looks at the jobs
AGAIN_S = 60.0  # after a refusal
INTENT_S = 90.0  # longer than a command to submit may take
SAVE_S = 5.0
HEARTBEAT_S, DEAD_S = 120.0, 600.0
LOOK_S = 2.0  # how old what is known of the notebooks may be
PATIENCE_S = 10.0  # for a file system to show what a job that has ended has written
AT_ONCE = 4  # commands to remove
STOPPED = "It was stopped before it was given to the scheduler."


class Taken(Exception):
    """The record is another's now."""


class Sweep:
    """`owner` has `batch`, `host`, files(verb, folder, …) and over(sweep)."""

    def __init__(self, owner, folder, record):
        self._owner, self.folder, self._record = owner, folder, record
        self._system = owner.batch.system(record["resources"]["scheduler"])
        self.points = [Point(each) for each in record["points"]]
        self._stopped = record["stopped"]
        self._wake, self._dirty, self._saved_at, self._retry_at = asyncio.Event(), False, time.monotonic(), 0.0
        self._looked_at, self._work, self._lock, self._takes = 0.0, None, asyncio.Lock(), False

    @property
    def identity(self):
        """Of this sweep among all that were ever in the folder."""
        return self._record["id"]

    @property
    def is_over(self):
        """Every point is."""
        return all(point.result for point in self.points)

    def is_ours(self):
        """False while the agent of another login node cares for it: that one knows its jobs, and writes the record."""
        keeper = self._record["keeper"]
        stale = self._system.everywhere and time.time() - keeper["seen"] > DEAD_S
        return keeper["host"] == self._owner.host or stale

    @property
    def keeper(self):
        """The host whose agent cares for it."""
        return self._record["keeper"]["host"]

    def begin(self):
        """Takes care of it from now on."""
        self._takes = self.keeper != self._owner.host
        for point in self.points:
            if point.known and not point.result and was_prepared_only(point.known):
                shutil.rmtree(point.known["folder"], ignore_errors=True)
                point.known, point.intended, point.sent = None, None, False
            elif point.known and not point.result:
                self._follow(point, point.known)
        self._work = asyncio.ensure_future(self._works())

    def leave(self):
        """Its folder has another sweep now, or the agent ends."""
        if self._work:
            self._work.cancel()
        for point in self.points:
            if point.job:
                self._owner.batch.unfollow(point.job)

    async def status(self):
        """The SweepStatus of src/lib/model/sweep.ts."""
        await self._look()
        return {"folder": self.folder, "title": self._record["title"], "scheduler": self._system.name,
                "made": self._record["made"], "points": [point.status() for point in self.points]}

    async def stop(self):
        """Nothing more is submitted, and what is not over is removed."""
        self._stopped = self._record["stopped"] = True
        for point in self.points:
            if not point.job and not point.result:
                point.finish("ended", STOPPED)
        await self._save()
        self._changed()

    # -- what it does by itself ----------------------------------------------------------------------------------------

    async def _works(self):
        while True:
            try:
                pause = await self._turn()
            except Taken:
                self.leave()
                pause = None
            except Unwilling as fault:  # of its folder: no space, or away
                self._words(str(fault))
                pause = AGAIN_S
                if fault.code == "gone" and not any(point.job and point.job.state != "ended" for point in self.points):
                    pause = None
            except Exception as fault:  # one sweep that stumbles must not end the others
                traceback.print_exception(type(fault), fault, fault.__traceback__, file=sys.stderr)
                pause = AGAIN_S
            if pause is None:
                self._owner.over(self)
                return
            self._wake.clear()
            try:
                await asyncio.wait_for(self._wake.wait(), pause)
            except asyncio.TimeoutError:
                pass

    async def _turn(self):
        """One step; how long to wait for the next, None when all is over."""
        for point in self.points:
            if point.job and point.job.state == "ended" and not point.result:
                await self._settle(point)
        now, waiting = time.monotonic(), [point for point in self.points if not point.job and not point.result]
        if self._stopped:
            self._remove()
        elif waiting and now >= self._retry_at:
            await self._submit(waiting[0])
        over = self.is_over
        if over or self._dirty and now - self._saved_at > SAVE_S or now - self._saved_at > HEARTBEAT_S:
            await self._save()
        if over:
            return None
        if not self._stopped and len(waiting) > 1 and time.monotonic() >= self._retry_at:
            return PACE_S
        return TURN_S

    async def _submit(self, point):
        token, path = uuid.uuid4().hex, None
        try:
            path = os.path.join(job_place(), token)
            point.job, point.intended, point.words = self._job(token, path), time.time(), ""
            await self._save()  # before there is anything: else nobody would know whose it is
            runtime.private(path)
            await self._owner.files("fetch", self.folder, name=point.name, to=os.path.join(path, "input.ipynb"))
            if self._stopped:
                raise Unwilling("start", STOPPED)
            await point.job.send(self._name(point, token), self._start(point))
            point.sent = self._dirty = True
            self._words("")
        except (Unwilling, OSError, runtime.Refused) as fault:
            point.job = point.intended = None
            code = getattr(fault, "code", "job")
            if code == "start":
                point.finish("ended", str(fault))
            else:
                self._refused(str(fault), code == "submit")
            await self._save()  # before what could be run goes: else nobody would know that it was not
            if path:
                shutil.rmtree(path, ignore_errors=True)

    def _refused(self, words, by_scheduler):
        """It is over only where the scheduler has never taken one: else it is a limit, which passes."""
        self._retry_at = time.monotonic() + AGAIN_S
        self._words(words)
        if by_scheduler and not any(point.sent for point in self.points):
            for point in self.points:
                if not point.result:
                    point.finish("ended", words)

    def _words(self, words):
        for point in self.points:
            point.words = words

    def _start(self, point):
        how = self._record["how"]
        return dict(how, sweep=self.identity, point=point.name, folder=self.folder, parameters=point.parameters,
                    onError=self._record["onError"])

    def _name(self, point, token):
        return "%s %s %s" % (plain(self._record["title"])[:40], point.name[:40], token[:8])

    def _job(self, token, path):
        return SweepJob(self._owner.batch, self._system, token, path, self._record["resources"], self._changed)

    def _follow(self, point, known):
        point.job = self._job(known["token"], known["folder"])
        point.job.follow(known)

    def _remove(self):
        living = [point.job for point in self.points if point.job and point.job.state != "ended"]
        going = sum(job.is_leaving for job in living)
        for job in [job for job in living if not job.asked_to_go][:max(0, AT_ONCE - going)]:
            job.remove()

    async def _settle(self, point):
        """Its job is over: what has it left?"""
        job = point.job
        point.ended_at = point.ended_at or time.monotonic()
        if job.end == "lost" and not job.id and not self._stopped:
            if time.time() - (point.intended or 0) < _intent_s():
                self._follow(point, dict(job.kept(), state="submitting", end=None))
                return
            if job.take_back():  # it never was: once more
                point.job = point.known = point.intended = None
                await self._save()
                job.discard()
                return
        found = await self._left(point, None)
        if (not found or found["state"] == "running") and job.end == "finished" and \
                time.monotonic() - point.ended_at < PATIENCE_S:
            return
        words = ""
        if not found or found["state"] in ("running", "ended"):
            words = await job.verdict()
            found = await self._left(point, [job.end, words])
        if found and found["state"] == "ended" and (found["reason"] != "terminated" or job.end == "finished"):
            words = found["words"]  # the program knows better than the scheduler
        elif found and found["state"] != "ended":
            words = found["words"]
        point.finish(found["state"] if found else "ended", words, found)
        job.discard()
        self._dirty = True

    async def _left(self, point, end):
        return (await self._owner.files("settle", self.folder, id=self.identity, name=point.name, brought=point.job.brought,
                                        end=end))["progress"]

    async def _look(self):
        """How far the notebooks of those that run are, where they can be seen."""
        running = [point for point in self.points if not point.result and point.status()["state"] == "running"]
        if not running or time.monotonic() - self._looked_at < LOOK_S:
            return
        self._looked_at = time.monotonic()
        try:
            found = await self._owner.files("look", self.folder, id=self.identity, names=[point.name for point in running])
        except Unwilling:
            return  # the folder is away; what was seen before still counts
        for point in running:
            point.progress = found["points"].get(point.name)

    # -- the record ----------------------------------------------------------------------------------------------------

    def _changed(self):
        self._dirty = True
        self._wake.set()

    async def _save(self):
        """Writes the record; Taken where it is another's. What to run with is forgotten when all have it."""
        async with self._lock:
            if all(point.result or point.job and point.job.id for point in self.points):
                self._record["how"] = None
            self._record["keeper"] = {"host": self._owner.host, "seen": time.time()}
            self._dirty, self._saved_at = False, time.monotonic()
            record = dict(self._record, points=[point.saved() for point in self.points])
            if (await self._owner.files("save", self.folder, record=record, take=self._takes))["taken"]:
                raise Taken()
            self._takes = False


def plain(text):
    """A title as a word for a list of jobs."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", text).strip("-") or "sweep"


def _intent_s():
    return float(os.environ.get("ANSATZ_INTENT_S") or INTENT_S)
