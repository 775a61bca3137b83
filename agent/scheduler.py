"""What we need of a batch system: texts and commands to give to it, and what its answers mean. Nothing here runs anything.

A system is one small file with a class that fills in this one. Commands are lists of words and never pass through a
shell on this side; what a person has typed is a word of a known alphabet or one line, checked here once more.
"""
import abc
import re

STATES = ("queued", "held", "running", "ended", "other")
_WORD = re.compile(r"[A-Za-z0-9_.:@/+-]*\Z")
_WORDS = ("gpuType", "partition", "account", "container")
_NUMBERS = {"cpus": (1, 1024), "memory": (0, 16000000), "gpus": (0, 64), "walltime": (0, 86400), "lease": (0, 30 * 86400)}
IDENTITY = re.compile(r"\d[\d._+\[\]-]*\Z")
SPARE_S = 120  # of the scheduler's limit over our own countdown


class Unfit(Exception):
    """What is asked for cannot be asked of a scheduler; the text says why."""


def resources(value):
    """The `job` of a start, checked and complete; a word cannot leave its place in a submit file."""
    found = {"scheduler": value.get("scheduler")}
    if not isinstance(found["scheduler"], str):
        raise Unfit("scheduler is not a name")
    for name, (least, most) in _NUMBERS.items():
        number = value.get(name) or (1 if name == "cpus" else 0)
        if isinstance(number, bool) or not isinstance(number, int) or not least <= number <= most:
            raise Unfit("%s is not a number from %d to %d" % (name, least, most))
        found[name] = number
    for name in _WORDS:
        word = value.get(name) or ""
        if not isinstance(word, str) or len(word) > 200 or not _WORD.match(word) or word.startswith("-"):
            raise Unfit("%s is not a word" % name)
        found[name] = word
    line = value.get("requirements") or ""
    if not isinstance(line, str) or len(line) > 1000 or not all(sign.isprintable() for sign in line):
        raise Unfit("requirements is not one line")
    found["requirements"] = line.strip()
    return found


def seen(**known):
    """What is known of a job; times in seconds since 1970, memory in megabytes, `limit` of its time in
    seconds. `end` is a JobEnd."""
    about = {"id": None, "name": "", "state": "other", "words": "", "node": "", "submitted": None, "started": None,
             "ends": None, "limit": None, "expected": None, "ahead": None, "end": None, "cpus": None, "memory": None,
             "memoryUsed": None, "gpus": None}
    about.update(known)
    return about


def partition(**known):
    """A Partition of src/lib/model/job.ts."""
    about = {"name": "", "isDefault": False, "nodes": 0, "cpus": 0, "cpusFree": 0, "memory": 0, "gpus": 0,
             "gpusFree": 0, "gpuTypes": [], "walltime": None}
    about.update(known)
    return about


def number(value):
    """An int out of what a scheduler says, or None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return int(value)
    text = str(value).strip()
    return int(text) if re.match(r"-?\d+\Z", text) else None


class Scheduler(abc.ABC):
    """The parts of a batch system. Commands are argv lists; parsers take what a command has printed, as text."""

    name = ""
    #: Without these it is not here
    programs = ()
    #: Set for every command, so that it speaks in a way that can be read
    environment = {}
    #: The file in a job's folder that the scheduler appends its news to, or None
    log_file = None
    #: The file in a job's folder with what the worker has complained about, or None
    words_file = None
    #: Takes files to the node and back: what the job needs may go from its folder when it runs
    transfers = False
    #: A job is known on every login node, not only on the one that submitted it
    everywhere = False

    @abc.abstractmethod
    def version(self):
        """A command that prints the version."""

    def read_version(self, text):
        """The bare number."""
        return text.strip()

    @abc.abstractmethod
    def files(self, folder, about, name, script, carried=(), brought=()):
        """What is written to a job's folder before it is submitted: {name: text}. `script` is the worker's program; `carried` are
        files of the folder it needs, `brought` those that are to be in the folder when it is over: where the system transfers
        none, the node must see the folder."""

    @abc.abstractmethod
    def submit(self, folder, about, name):
        """The command that submits it; it runs in that folder."""

    @abc.abstractmethod
    def submitted(self, text):
        """The job's id in what that command prints, or None."""

    @abc.abstractmethod
    def query(self, account):
        """The command that tells of all jobs of an account at once."""

    @abc.abstractmethod
    def jobs(self, text):
        """What that command prints: a list of seen()."""

    def queue(self):
        """The command that tells of everything that waits, whoever's it is; None where there is no one order of it."""
        return None

    def ahead(self, text, identities):
        """What that one prints: how many jobs wait before each of these, {id: number}; without one whose turn cannot come."""
        return {}

    def rights(self, account):
        """Commands that tell what an account may, {name: command}; they are asked once an hour."""
        return {}

    def read_rights(self, texts, account):
        """Whether the jobs of others are `seen`, and whether a running job may be given more time (`extends`), of what
        those print, {name: text}; "" of one that failed."""
        return {"seen": False, "extends": False}

    def extend(self, identity, seconds):
        """The command that makes that the limit of a job's time, from its start; None where there is none."""
        return None

    def extend_within(self, seconds):
        """The same where only the job itself can do it: an attribute of HTCondor and its value, else None."""
        return None

    @abc.abstractmethod
    def past(self, identity):
        """The command that tells of a job that is no longer in the list."""

    @abc.abstractmethod
    def ended(self, text):
        """What that one prints: a seen(), or None."""

    def news(self, text):
        """What whole lines of the log say: (a list of seen(), how many characters were understood)."""
        return [], len(text)

    @abc.abstractmethod
    def attach(self, identity, token):
        """The command that becomes a connection to the worker in a job."""

    @abc.abstractmethod
    def act(self, act, identity):
        """The command for `remove`, `hold` or `release`."""

    @abc.abstractmethod
    def log(self, identity):
        """The command that tells where a job's log is or what is in it."""

    def read_log(self, text):
        """What that one prints: (path or None, text)."""
        return None, text

    @abc.abstractmethod
    def offers(self):
        """The command that tells what the cluster has and what of it is free."""

    @abc.abstractmethod
    def partitions(self, text):
        """What that one prints: a list of partition()."""

    def way(self):
        """A command that tells whether a job may be entered, or None where that needs no question."""
        return None

    def read_way(self, text):
        """(way, words) of an Offer: "attach", or "call-back" and why."""
        return "attach", ""
