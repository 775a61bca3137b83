"""Slurm: `sbatch`, `squeue` for all jobs of the account, `srun --overlap` into a job, `sinfo`.

The script carries the agent with it, so no file system need be shared. What it says goes nowhere: a path of this machine
may not exist there, and a job whose output cannot be opened fails.
"""
import re

from scheduler import SPARE_S, Scheduler, number, partition, seen

_FIELDS = ("%i", "%T", "%r", "%N", "%V", "%S", "%e", "%C", "%m", "%b", "%l", "%j")  # the name is last: it may hold a bar
_SINFO = (("Partition", 60), ("NodeList", 80), ("StateCompact", 20), ("CPUsState", 40), ("Memory", 20), ("Gres", 200),
          ("GresUsed", 200), ("Time", 30), ("PartitionName", 60))
_QUEUE = ("%i", "%P", "%Q", "%r")
#: Reasons for which a job is passed over: it is before nobody
_ASIDE = re.compile(r"JobHeld|Dependency|BeginTime|JobArrayTaskLimit")
_STATES = {"PENDING": "queued", "CONFIGURING": "running", "RUNNING": "running", "SUSPENDED": "running",
           "STOPPED": "running", "SIGNALING": "running", "RESIZING": "running", "STAGE_OUT": "running",
           "REQUEUED": "queued", "REQUEUE_FED": "queued", "REQUEUE_HOLD": "held", "SPECIAL_EXIT": "held",
           "RESV_DEL_HOLD": "held", "COMPLETING": "other"}
_ENDS = {"COMPLETED": "finished", "FAILED": "finished", "CANCELLED": "removed", "TIMEOUT": "walltime",
         "DEADLINE": "walltime", "OUT_OF_MEMORY": "out-of-memory", "NODE_FAIL": "node-failed",
         "BOOT_FAIL": "node-failed", "PREEMPTED": "evicted", "REVOKED": "removed"}
_DOOR = 'd=/tmp/ansatz-job-$1; [ -O "$d" ] && [ -O "$d/attach" ] && exec /bin/sh "$d/attach"; exit 97'


class Slurm(Scheduler):
    """Slurm 20.11 or newer, `--overlap` being that old; into the jobs of an older one we do not come."""

    name = "slurm"
    programs = ("sbatch", "squeue", "scancel", "srun")
    everywhere = True
    environment = {"SLURM_TIME_FORMAT": "%s", "SLURM_BITSTR_LEN": "0"}  # the tasks of an array without "…"

    def version(self):
        return ["sbatch", "--version"]

    def read_version(self, text):
        found = re.search(r"slurm\S* (\S+)", text)
        return found.group(1) if found else ""

    def files(self, folder, about, name, script, carried=(), brought=()):
        return {"worker.sh": script}

    def submit(self, folder, about, name):
        words = ["sbatch", "--parsable", "--no-requeue", "--nodes=1", "--ntasks=1", "--chdir=/tmp", "--output=/dev/null",
                 "--error=/dev/null", "--signal=B:TERM@60", "--job-name=%s" % name, "--cpus-per-task=%d" % about["cpus"]]
        if about["memory"]:
            words.append("--mem=%dM" % about["memory"])
        if about["gpus"]:
            words.append("--gres=gpu:%s%d" % (about["gpuType"] + ":" if about["gpuType"] else "", about["gpus"]))
        if about["walltime"]:
            words.append("--time=%d" % (about["walltime"] + SPARE_S // 60))
        for option, field in (("partition", "partition"), ("account", "account"), ("constraint", "requirements"),
                              ("container", "container")):
            if about[field]:
                words.append("--%s=%s" % (option, about[field]))
        return words + ["worker.sh"]

    def submitted(self, text):
        lines = [line.split(";")[0].strip() for line in text.splitlines()]
        found = [line for line in lines if line.isdigit()]
        return found[-1] if found else None

    def query(self, account):
        return ["squeue", "--noheader", "--states=all", "--user=%s" % account, "--format=%s" % "|".join(_FIELDS)]

    def jobs(self, text):
        rows = [line.split("|", len(_FIELDS) - 1) for line in text.splitlines()]
        return [_job(row) for row in rows if len(row) == len(_FIELDS) and row[0].strip()]

    def queue(self):
        return ["squeue", "--noheader", "--states=PENDING", "--format=%s" % "|".join(_QUEUE)]

    def ahead(self, text, identities):
        return _ahead(text, identities)

    def rights(self, account):
        return {"config": ["scontrol", "show", "config"],
                "level": ["sacctmgr", "--noheader", "--parsable2", "show", "user", account, "format=AdminLevel"]}

    def read_rights(self, texts, account):
        hidden = re.search(r"^PrivateData\s*=\s*(.*)$", texts["config"], re.M)
        seen = bool(hidden) and not {"jobs", "all"} & set(hidden.group(1).strip().split(","))
        # only these may raise a limit: everybody else may lower it
        operator = texts["level"].strip() in ("Operator", "Administrator")
        owner = re.search(r"^SlurmUser\s*=\s*%s\(" % re.escape(account), texts["config"], re.M)
        return {"seen": seen or operator, "extends": operator or bool(owner) or account == "root"}

    def extend(self, identity, seconds):
        return ["scontrol", "update", "JobId=%s" % identity, "TimeLimit=%d" % -(-seconds // 60)]

    def past(self, identity):
        return ["scontrol", "--oneliner", "show", "job", identity]

    def ended(self, text):
        known = dict(re.findall(r"(\w+)=(\S*)", text))
        if not known.get("JobId"):
            return None
        state, words, end = _state(known.get("JobState", ""), known.get("Reason", ""))
        if known.get("ExitCode", "0:0") != "0:0":
            words = "%s, exit status %s" % (words, known["ExitCode"])
        return seen(id=known["JobId"], state=state, words=words, end=end, node=known.get("BatchHost", "")) if end else None

    def attach(self, identity, token):
        return ["srun", "--jobid=%s" % identity, "--overlap", "--unbuffered", "--nodes=1", "--ntasks=1", "--quiet",
                "--chdir=/", "/bin/sh", "-c", _DOOR, "sh", token]

    def way(self):
        return self.version()

    def read_way(self, text):
        known = re.match(r"(\d+)\.(\d+)", self.read_version(text))
        if known and (int(known.group(1)), int(known.group(2))) < (20, 11):
            return "call-back", "srun of Slurm %s has no --overlap." % known.group()
        return "attach", ""

    def act(self, act, identity):
        return ["scancel", identity] if act == "remove" else ["scontrol", act, identity]

    def log(self, identity):
        return ["scontrol", "show", "job", identity]

    def offers(self):
        return ["sinfo", "--noheader", "--Node", "--Format=%s" % ",".join("%s:%d" % each for each in _SINFO)]

    def partitions(self, text):
        # sinfo tells them in whatever order it has them
        return sorted(_partitions(text), key=lambda each: (not each["isDefault"], each["name"]))


def _state(text, reason):
    """(state, words, end) of Slurm's words."""
    base = text.split()[0].rstrip("+") if text.split() else ""
    reason = "" if reason in ("None", "(null)") else reason
    if base in _ENDS:
        return "ended", base + (" (%s)" % reason if reason else ""), _ENDS[base]
    state = _STATES.get(base, "other")
    if state == "queued" and reason.startswith("JobHeld"):
        state = "held"
    return state, reason if state in ("queued", "held") else "", None


def _job(row):
    row = [word.strip() for word in row]
    state, words, end = _state(row[1], row[2])
    started = number(row[5])
    gpus = [int(word) for word in re.findall(r"gpu(?::[^:,()\s]+)?:(\d+)", row[9])]
    limit = minutes(row[10])
    return seen(id=row[0], name=row[11], limit=limit and limit * 60, state=state, words=words, end=end, node=row[3], submitted=number(row[4]),
                started=started if state in ("running", "ended") else None,
                expected=started if state == "queued" else None, ends=number(row[6]) if state == "running" else None,
                cpus=number(row[7]), memory=megabytes(row[8]), gpus=sum(gpus))


def _ahead(text, identities):
    """By priority, among equals by number, within the partitions of each."""
    waiting = []
    for line in text.splitlines():
        row = [word.strip() for word in line.split("|")]
        if len(row) == len(_QUEUE) and row[2].isdigit() and int(row[2]) and not _ASIDE.match(row[3]):
            place = (-int(row[2]), int(re.match(r"\d*", row[0]).group() or 0))
            waiting.append((row[0], place, set(row[1].split(",")), tasks(row[0])))
    return {identity: sum(many for _, other, where, many in waiting if other < place and where & mine)
            for identity, place, mine, _ in waiting if identity in identities}


def tasks(identity):
    """How many jobs a line of the queue is: `12` one, `12_[1-3,7]` four, `12_[0-8:2%2]` five."""
    found = re.search(r"_\[([\d,:-]+)", identity)
    ranges = re.findall(r"(\d+)(?:-(\d+))?(?::(\d+))?", found.group(1) if found else "")
    return sum((int(last or first) - int(first)) // max(1, int(step or 1)) + 1 for first, last, step in ranges) or 1


def megabytes(text):
    """`4G`, `500M`, `1.50T`, `2000` as a number of megabytes, or None."""
    found = re.match(r"(\d+(?:\.\d+)?)([KMGT]?)", text)
    if not found:
        return None
    return int(float(found.group(1)) * {"K": 1 / 1024.0, "": 1, "M": 1, "G": 1024, "T": 1048576}[found.group(2)])


def minutes(text):
    """`infinite`, `1-00:00:00`, `30:00` as minutes, None without limit."""
    found = re.match(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)\Z", text.strip())
    if not found:
        return None
    days, hours, rest, _ = (int(part or 0) for part in found.groups())
    return days * 1440 + hours * 60 + rest


def _gpus(text):
    """[(type, number)] of `gpu:a100:4(S:0-1),gpu:2`."""
    return [(kind or "", int(count)) for kind, count in re.findall(r"gpu(?::([^:,()\s]*[^:,()\s\d][^:,()\s]*))?:(\d+)", text)]


def _partitions(text):
    found = {}
    for line in text.splitlines():
        row, at = {}, 0
        for name, width in _SINFO:
            row[name], at = line[at:at + width].strip(), at + width
        name = row["PartitionName"].rstrip("*") or row["Partition"].rstrip("*")
        states = [number(part) for part in row["CPUsState"].split("/")]
        if not name or len(states) != 4 or None in states:
            continue
        part = found.setdefault(name, partition(name=name, walltime=minutes(row["Time"])))
        part["isDefault"] = part["isDefault"] or row["Partition"].endswith("*")
        usable = not re.match(r"down|drain|drng|fail|maint|unk|boot|resv", row["StateCompact"])
        gpus, used = _gpus(row["Gres"]), sum(count for _, count in _gpus(row["GresUsed"]))
        whole = sum(count for _, count in gpus)
        part["nodes"] += 1
        part["cpus"] += states[3]
        part["cpusFree"] += states[1] if usable else 0
        part["memory"] = max(part["memory"], number(row["Memory"]) or 0)
        part["gpus"] += whole
        part["gpusFree"] += max(0, whole - used) if usable else 0
        part["gpuTypes"] = sorted(set(part["gpuTypes"]) | {kind for kind, _ in gpus if kind})
    return list(found.values())
