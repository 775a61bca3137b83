"""The program of a batch job that runs a notebook without a line to anybody: its code cells in order, on a kernel beside us.

What is to be run is in a private file that is read once and deleted, `start.json`: {sweep, point, folder, argv, env, cwd,
interruptMode, language, parameters, onError}. The notebook is written after every cell into the sweep's folder where that is
seen from here, else beside start.json, from where it is fetched. SIGTERM and our own countdown end it with a word of why.
"""
import asyncio
import json
import os
import shutil
import signal
import sys
import time

import chirp
import notebook_file
import runtime
from children import Children
from job_place import adapted, settle, short_home
from kernel import Kernel, Unwilling
from notebook_run import NotebookRun

#: Exit statuses: somebody else has taken what is to be run; it cannot be seen from this node
TAKEN, UNSEEN, FAILED, ENDED = 93, 94, 1, 3
START, INPUT, OUTPUT = "start.json", "input.ipynb", "output.ipynb"
GONE_S = 8.0  # for a kernel that was asked to end
TICK_S = 0.5


def main(folder, options):
    """`folder` is private and ours, `options` JSON: {scheduler, folder: of the job, walltime: seconds, 0 none}."""
    options = json.loads(options)
    scratch = os.environ.get("_CONDOR_SCRATCH_DIR")
    place = scratch if options["scheduler"] == "htcondor" and scratch else options["folder"]
    try:
        start = _taken(place)
        if start is None:
            sys.stderr.write("%s does not see %s.\n" % (os.uname().nodename, place))
            return UNSEEN if not os.path.isdir(place) else TAKEN
        home = short_home(folder)
        settle(folder)
        try:
            return asyncio.run(Program(start, place, runtime.private(home), options["walltime"]).run())
        finally:
            shutil.rmtree(home, ignore_errors=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _taken(place):
    """What is to be run; whoever renames the file first runs it."""
    path = os.path.join(place, START)
    mine = "%s.%d" % (path, os.getpid())
    try:
        os.rename(path, mine)
    except OSError:
        return None
    try:
        return runtime.read_json(mine)
    finally:
        os.unlink(mine)


class Program:
    """Kernel, run and file together. `place` is the folder of start.json and of the input."""

    def __init__(self, start, place, home, walltime):
        self._start, self._place, self._home, self._walltime = start, place, home, walltime
        self._fallback = os.path.join(place, OUTPUT)
        seen = (runtime.read_json(os.path.join(start["folder"], "sweep.json")) or {}).get("id") == start["sweep"]
        self._target = os.path.join(start["folder"], start["point"] + ".ipynb") if seen else self._fallback
        self._why = None  # (reason, words) of an end before the notebook's
        self._notebook = self._run = self._kernel = None

    async def run(self):
        """The exit status."""
        loop, children = asyncio.get_event_loop(), Children()
        self._over = loop.create_future()
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._end, "terminated", "The scheduler ended the job.")
        if self._walltime:
            loop.call_later(self._walltime, self._end, "walltime", "The walltime is over.")
        try:
            with open(os.path.join(self._place, INPUT), "rb") as file:
                notebook = notebook_file.parse(file.read())
        except (OSError, notebook_file.Unreadable) as error:
            notebook = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
            self._why = "startup", "The notebook cannot be read: %s." % error
        start, name = self._start, self._start["point"] + ".ipynb"
        paths = os.path.join(start["folder"], "inputs", name), os.path.join(start["folder"], name)
        notebook_file.begin(notebook, start["sweep"], start["point"], start["parameters"], paths)
        self._notebook = notebook
        self._run = NotebookRun(notebook, self._save, self._end, start["onError"] == "continue")
        self._save()
        if not self._why:
            await self._go(children)
        self._run.settle()
        notebook_file.end(notebook, *(self._why or ()))
        self._save()
        await self._leave(self._kernel)
        if self._why:
            return ENDED
        return FAILED if notebook["metadata"]["papermill"]["exception"] else 0

    async def _go(self, children):
        how = adapted(self._start, self._place)
        folder = runtime.private(os.path.join(self._home, "k"))
        self._kernel = kernel = Kernel(self._start["point"], folder, self._run, children)
        try:
            kernel.start(how["argv"], how["env"], how["cwd"], how["interruptMode"], how["language"])
        except Unwilling as fault:
            self._why = "startup", str(fault)
            return
        self._run.kernel, ticks = kernel, asyncio.ensure_future(self._ticks(children))
        work = asyncio.ensure_future(self._run.cells())
        await asyncio.wait({work, self._over}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            work.cancel()
        elif work.exception():
            raise work.exception()
        ticks.cancel()

    async def _ticks(self, children):
        while True:
            children.reap()
            self._kernel.tick()
            await asyncio.sleep(TICK_S)

    def _end(self, reason, words):
        """The job ends before the notebook does. What there is is written at once: there may be no time left for more."""
        if self._why or self._over.done():
            return
        self._why = reason, words
        self._over.set_result(None)
        if self._kernel and self._kernel.state != "dead":
            self._kernel.dismiss(reason, words)

    async def _leave(self, kernel):
        """The kernel ends before we do."""
        if kernel and kernel.state != "dead":
            kernel.shutdown(False)
            end = time.monotonic() + GONE_S
            while kernel.state != "dead" and time.monotonic() < end:
                kernel.tick()
                await asyncio.sleep(0.02)

    def _save(self):
        """Where the sweep's folder does not take it (any more), beside start.json."""
        data = notebook_file.encode(self._notebook)
        for path in dict.fromkeys((self._target, self._fallback)):
            try:
                notebook_file.write(path, data)
                break
            except OSError as error:
                sys.stderr.write("%s: %s\n" % (path, error.strerror))
        if self._why and self._target == self._fallback and "_CONDOR_SCRATCH_DIR" in os.environ:
            try:  # of a job that is evicted or removed nothing is transferred
                chirp.put(OUTPUT, data)
            except OSError as error:
                sys.stderr.write("%s\n" % error)
