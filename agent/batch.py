"""The batch systems of this node: the one place that runs their commands, and the one question to each for all jobs.

A job of ours is followed by reading its log at every tick; the systems themselves are asked at most every WAITING_S while
one of ours waits or is about to end and every RUNNING_S else, for all jobs together. `queries` counts these.
"""
import asyncio
import os
import shutil
import sys
import time
import traceback

import schedulers
import survey
from folder_watch import FolderWatch
from kernel import Unwilling

WAITING_S, RUNNING_S = 5.0, 30.0
COMMAND_S, QUERY_S = 60.0, 30.0
HURRY_S = 1.0
RIGHTS_S, AGAIN_S, LEARN_S = 3600.0, 60.0, 3.0
FRESH_S = 5.0  # how old what `jobs` and `offers` say may be
#: Who has fixed the way: where the machine says one, that counts; else what came with the request
_MACHINE = "Whoever runs this machine has chosen it (ANSATZ_JOB_WAY)."
_SERVER = "The administrators of the server have chosen it."
WAYS = ("attach", "call-back")
_WAITING = ("submitting", "queued", "held", "starting")


class Batch:
    """Runs commands and tells the jobs that are followed what becomes of them."""

    def __init__(self, children, account, door):
        self.children, self.queries, self.door, self._account = children, 0, door, account
        self._systems = {each.name: each for each in schedulers.KNOWN}
        self._followed, self._known, self._asking, self._asked_at, self._answered_at = set(), {}, {}, {}, {}
        self._rights = {}  # {system: (until when, what read_rights() says)}
        self._given_at = {}  # {system: when it took the last job of ours}
        self._environment, self._offers, self._folders = None, (float("-inf"), None, []), FolderWatch()

    def system(self, name):
        """The parts of a batch system, or Unwilling."""
        if name not in self._systems:
            raise Unwilling("bad-params", "there is no scheduler %s" % name[:40])
        return self._systems[name]

    # -- commands ------------------------------------------------------------------------------------------------------

    async def environment(self):
        """The variables for commands: ours and what a login shell adds, for their folder is often in its PATH only."""
        if self._environment is None:
            own = {name: value for name, value in os.environ.items() if not name.startswith("ANSATZ_")}
            added = await survey.environment(self.children)
            path = own.get("PATH", os.defpath).split(os.pathsep)
            path += [each for each in added.get("PATH", "").split(os.pathsep) if each and each not in path]
            self._environment = dict(added, **own)
            self._environment["PATH"] = os.pathsep.join(path)
        return self._environment

    async def command(self, system, argv, cwd=None, timeout=COMMAND_S):
        """Runs one: (exit status or None, output, complaints)."""
        env = dict(await self.environment(), **system.environment)
        found = shutil.which(argv[0], path=env["PATH"])
        if not found:
            return None, "", "There is no %s on this machine." % argv[0]
        return await self.children.run([found] + argv[1:], timeout, cwd or "/", env)

    async def act(self, system, act, identity):
        """Removes, holds or releases a job; Unwilling in the scheduler's words."""
        await self._change(system, system.act(act, identity))

    async def extend(self, system, identity, seconds):
        """Makes that the limit of a running job's time; Unwilling in the scheduler's words."""
        argv = system.extend(identity, seconds)
        if argv is None:
            raise Unwilling("job", "%s gives a job that runs no more time" % system.name)
        await self._change(system, argv)

    async def _change(self, system, argv):
        code, out, err = await self.command(system, argv)
        if code != 0:
            raise Unwilling("job", (err or out).strip()[-2000:] or "%s was refused" % argv[0])
        self._asked_at.pop(system.name, None)  # what is known is old

    async def present(self):
        """The systems that are here."""
        path = (await self.environment())["PATH"]
        return [each for each in self._systems.values() if all(shutil.which(name, path=path) for name in each.programs)]

    async def way(self, system, wish=None):
        """(way, words) of an Offer: can a job be entered? `wish`: the way that the server's administrators have fixed."""
        env, program = await self.environment(), system.attach("0", "0")[0]
        fixed, chosen = os.environ.get("ANSATZ_JOB_WAY") or env.get("ANSATZ_JOB_WAY"), _MACHINE
        if fixed not in WAYS:
            fixed, chosen = wish, _SERVER
        way, words = "call-back", chosen
        if fixed != "call-back" and not shutil.which(program, path=env["PATH"]):
            way, words = None if fixed == "attach" else way, "There is no %s on this machine." % program
        elif fixed != "call-back":
            said = await self.command(system, system.way(), timeout=QUERY_S) if system.way() else (0, "", "")
            way, words = system.read_way(said[1])
            if fixed == "attach" and way != "attach":
                way, words = fixed, "%s %s" % (chosen, words)
        problem = await self.door.problem(env) if way == "call-back" else ""
        return (None, "%s %s" % (words, problem)) if problem else (way, words)

    # -- what the cluster has ------------------------------------------------------------------------------------------

    async def offers(self, wish=None):
        """The Offers of src/lib/model/job.ts; `wish` as of way()."""
        if self._offers[1] != wish or time.monotonic() - self._offers[0] > FRESH_S:
            found = await asyncio.gather(*(self._offer(system, wish) for system in await self.present()))
            self._offers = time.monotonic(), wish, list(found)
        return self._offers[2]

    async def _offer(self, system, wish):
        if time.monotonic() > self._rights.get(system.name, (0.0,))[0]:
            await asyncio.wait({asyncio.ensure_future(self._learn(system))}, timeout=LEARN_S)
        version, has, (way, words) = await asyncio.gather(
            self.command(system, system.version(), timeout=QUERY_S), self.command(system, system.offers(), timeout=QUERY_S),
            self.way(system, wish))
        if has[0] != 0:
            way, words = None, has[2].strip()[-500:] or "The scheduler does not answer."
        return {"scheduler": system.name, "version": system.read_version(version[1]),
                "partitions": system.partitions(has[1]) if has[0] == 0 else [], "way": way, "words": words,
                "extends": bool(self.rights(system).get("extends"))}

    async def entries(self):
        """The JobEntries of all jobs of the account."""
        systems = await self.present()
        await asyncio.gather(*map(self._refresh, systems))
        return [self._entry(system, each) for system in systems for each in self._known.get(system.name, ())]

    async def _refresh(self, system):
        """What is known is not older than FRESH_S, and has the last job of ours in it."""
        since = max(time.monotonic() - FRESH_S, self._given_at.get(system.name, float("-inf")))
        while self._asked_at.get(system.name, float("-inf")) <= since:
            await self._ask(system)  # one that is under way may have been asked before

    def given(self, system):
        """A system has taken a job: answers to earlier questions do not know it."""
        self._given_at[system.name] = time.monotonic()

    def _entry(self, system, seen):
        names = ("id", "name", "state", "words", "node", "submitted", "started", "cpus", "memory", "memoryUsed", "gpus")
        entry = dict({name: seen[name] for name in names}, scheduler=system.name, kernel=None)
        for job in self._followed:
            if job.system is system and job.id == seen["id"]:  # of ours more is known, and sooner
                state = {"submitting": "queued", "starting": "running"}.get(job.state, job.state)
                entry.update(kernel=job.kernel, state=state, words=job.words, node=job.node or entry["node"])
        return entry

    async def log(self, system, identity):
        """The end of a job's log."""
        for job in self._followed:
            if job.system is system and job.id == identity and system.log_file:
                return _tail(os.path.join(job.folder, system.log_file))
        code, out, err = await self.command(system, system.log(identity))
        if code != 0:
            raise Unwilling("job", err.strip()[-2000:] or "the scheduler does not answer")
        path, text = system.read_log(out)
        return _tail(path) if path else text[-65536:]

    def answers(self, system, since):
        """True when the scheduler has answered since a moment: what cannot be reached is then not its fault."""
        return self._answered_at.get(system.name, 0.0) > since

    # -- jobs of ours --------------------------------------------------------------------------------------------------

    def follow(self, job):
        """Tells a job what becomes of it until unfollow()."""
        self._followed.add(job)
        self._folders.add(job.folder, job.look)

    def unfollow(self, job):
        """It is over, and may not call any more."""
        self._followed.discard(job)
        self._folders.remove(job.folder)
        self.door.forget(job.token)

    def hurry(self, system):
        """Something is not as the scheduler has said: it is asked now, if that was not just done."""
        if time.monotonic() - self._asked_at.get(system.name, -HURRY_S) >= HURRY_S:
            asyncio.ensure_future(self._ask(system))

    def tick(self):
        """Called about twice a second."""
        self.door.tick()
        for job in tuple(self._followed):
            job.tick()
        for system in {job.system for job in self._followed}:
            jobs = [job for job in self._followed if job.system is system]
            pause = WAITING_S if any(job.urgent or job.state in _WAITING for job in jobs) else RUNNING_S
            if time.monotonic() > self._rights.get(system.name, (0.0,))[0]:
                asyncio.ensure_future(self._learn(system))
            if time.monotonic() - self._asked_at.get(system.name, -pause) >= pause and system.name not in self._asking:
                asyncio.ensure_future(self._ask(system))

    async def _ask(self, system):
        """One question for all jobs; whoever comes while it is under way waits for the same answer."""
        if system.name not in self._asking:
            self._asking[system.name] = asyncio.ensure_future(self._query(system))
        try:
            await asyncio.shield(self._asking[system.name])
        except Exception as fault:  # a parser that stumbles must not end the daemon's care for the jobs
            traceback.print_exception(type(fault), fault, fault.__traceback__, file=sys.stderr)

    async def _query(self, system):
        try:
            asked = self._asked_at[system.name] = time.monotonic()
            self.queries += 1
            code, out, err = await self.command(system, system.query(self._account), timeout=QUERY_S)
            if code != 0:
                return  # it is away; what it told before still counts
            self._answered_at[system.name] = time.monotonic()
            self._known[system.name] = system.jobs(out)
            by_id = {each["id"]: each for each in self._known[system.name]}
            ours = {job.id for job in self._followed if job.system is system}
            waiting = {identity for identity, each in by_id.items() if identity in ours and each["state"] == "queued"}
            if waiting and self.rights(system).get("seen"):
                self.queries += 1
                code, out, err = await self.command(system, system.queue(), timeout=QUERY_S)
                for identity, number in (system.ahead(out, waiting) if code == 0 else {}).items():
                    by_id[identity]["ahead"] = number
            for job in [job for job in self._followed if job.system is system]:
                job.told(by_id.get(job.id) if job.id else _named(by_id, job.token), asked)
        finally:
            del self._asking[system.name]

    async def _learn(self, system):
        """Asks what the account may. Beside everything else: one of the programs may hang where a database is away."""
        self._rights[system.name] = float("inf"), self.rights(system)
        commands = system.rights(self._account)
        said = await asyncio.gather(*(self.command(system, argv, timeout=QUERY_S) for argv in commands.values()))
        texts = {name: out if code == 0 else "" for name, (code, out, _) in zip(commands, said)}
        pause = RIGHTS_S if any(texts.values()) or not commands else AGAIN_S
        self._rights[system.name] = time.monotonic() + pause, system.read_rights(texts, self._account)
        for job in [job for job in self._followed if job.system is system]:
            job.belated()

    def rights(self, system):
        """What the account may, as far as is known."""
        return self._rights.get(system.name, (0, {}))[1]


def _named(by_id, token):
    """A job of ours whose id was never written down is known by its name."""
    return next((each for each in by_id.values() if token[:8] in each["name"]), None)


def _tail(path, size=65536):
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - size))
            return file.read().decode("utf-8", "replace")
    except OSError as error:
        raise Unwilling("job", "%s: %s" % (path, error.strerror))
