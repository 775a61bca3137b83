"""HTCondor: a submit description, `condor_q -json`, the job's own event log, `condor_ssh_to_job`.

A job of ours runs once. It may be matched only while it never ran (the requirements say so: `periodic_remove` alone is
looked at once a minute, and an evicted job is often started again at once), and is removed when it is back in the queue.
"""
import json
import re

from scheduler import SPARE_S, Scheduler, number, partition, seen

_ATTRIBUTES = ("ClusterId,ProcId,JobStatus,JobBatchName,HoldReason,HoldReasonCode,RemoteHost,LastRemoteHost,QDate,"
               "JobCurrentStartDate,JobStartDate,NumJobStarts,RequestCpus,RequestMemory,RequestGPUs,ResidentSetSize,RemoveReason,"
               "LastRejMatchReason,EnteredCurrentStatus,ExitCode,ExitBySignal,ExitSignal")
_SLOTS = ("Name,Machine,SlotType,State,Cpus,TotalSlotCpus,Memory,TotalSlotMemory,GPUs,TotalSlotGPUs,TotalMemory,"
          "GPUs_DeviceName,CUDADeviceName")
_STATES = {1: "queued", 2: "running", 3: "ended", 4: "ended", 5: "held", 6: "running", 7: "running"}
#: Reasons of a hold that are an end of their own: HoldReasonCode in the manual
_HOLDS = {34: "out-of-memory", 46: "walltime", 47: "walltime"}
_EVENT = re.compile(r"^(\d{3}) \((\d+)\.(\d+)\.\d+\) (.*)$")
ONCE = "(NumJobStarts =?= undefined || NumJobStarts == 0)"


def quoted(words):
    """A list of words as `arguments` in the new syntax: double quotes around all, single quotes where a word needs them."""
    parts = []
    for word in words:
        if not word or re.search(r"[\s']", word):
            word = "'%s'" % word.replace("'", "''")
        parts.append(word.replace('"', '""'))
    return '"%s"' % " ".join(parts)


def plain(text):
    """A text as the value of a submit command: `$` does not begin a macro."""
    return text.replace("$", "$(DOLLAR)")


def string(text):
    """A text as a string of a ClassAd expression."""
    return '"%s"' % text.replace("\\", "\\\\").replace('"', '\\"')


def description(about, name, carried=(), brought=()):
    """The submit description of a worker; `carried` and `brought` are names of files."""
    lines = ["universe = %s" % ("container" if about["container"] else "vanilla"),
             "executable = /bin/sh", "transfer_executable = false", "arguments = %s" % quoted(["worker.sh"]),
             "transfer_input_files = %s" % ", ".join(("worker.sh",) + tuple(carried)), "should_transfer_files = YES",
             "transfer_output_files = %s" % (", ".join(brought) or '""'),
             "when_to_transfer_output = ON_EXIT", "output = worker.out", "error = worker.err", "log = job.log",
             "notification = never", "batch_name = %s" % plain(name), "kill_sig = SIGTERM",
             "request_cpus = %d" % about["cpus"]]
    if brought or about["walltime"]:  # an evicted job transfers nothing, and only the job itself can have more time: see chirp
        lines.append("+WantIOProxy = true")
    if about["container"]:
        lines.append("container_image = %s" % about["container"])
    if about["memory"]:
        lines.append("request_memory = %d" % about["memory"])
    if about["gpus"]:
        lines.append("request_gpus = %d" % about["gpus"])
        if about["gpuType"]:
            lines.append("require_gpus = regexp(%s, DeviceName)" % string(re.escape(about["gpuType"])))
    if about["account"]:
        lines.append("accounting_group = %s" % about["account"])
    if about["walltime"]:
        lines.append("allowed_job_duration = %d" % (about["walltime"] * 60 + SPARE_S))
    wish = " && (%s)" % plain(about["requirements"]) if about["requirements"] else ""
    lines += ["requirements = %s%s" % (ONCE, wish),
              "periodic_remove = NumJobStarts > 0 && (JobStatus == 1 || JobStatus == 5)", "queue", ""]
    return "\n".join(lines)


class HTCondor(Scheduler):
    """HTCondor 9 or newer."""

    name = "htcondor"
    programs = ("condor_submit", "condor_q", "condor_rm")
    log_file, words_file, transfers = "job.log", "worker.err", True

    def version(self):
        return ["condor_version"]

    def read_version(self, text):
        found = re.search(r"\$CondorVersion: (\S+)", text)
        return found.group(1) if found else ""

    def files(self, folder, about, name, script, carried=(), brought=()):
        return {"worker.sh": script, "job.sub": description(about, name, carried, brought)}

    def submit(self, folder, about, name):
        return ["condor_submit", "-terse", "job.sub"]

    def submitted(self, text):
        found = re.search(r"^(\d+\.\d+) - \d+\.\d+", text, re.M)
        return found.group(1) if found else None

    def query(self, account):
        return ["condor_q", account, "-json", "-attributes", _ATTRIBUTES]

    def jobs(self, text):
        return [_job(each) for each in _json(text) if "ClusterId" in each]

    def read_rights(self, texts, account):
        return {"seen": False, "extends": True}  # one's own jobs may be changed

    def extend_within(self, seconds):
        return "AllowedJobDuration", "%d" % seconds

    def past(self, identity):
        return ["condor_history", identity, "-json", "-limit", "1", "-attributes", _ATTRIBUTES]

    def ended(self, text):
        found = self.jobs(text)
        return found[0] if found and found[0]["state"] == "ended" else None

    def news(self, text):
        return _news(text)

    def attach(self, identity, token):
        # the words pass through a shell there, which is in the job's folder
        return ["condor_ssh_to_job", identity, "/bin/sh", "./ansatz-attach"]

    def act(self, act, identity):
        return [{"remove": "condor_rm", "hold": "condor_hold", "release": "condor_release"}[act], identity]

    def log(self, identity):
        return ["condor_q", identity, "-json", "-attributes", "UserLog,ClusterId"]

    def read_log(self, text):
        found = _json(text)
        return (found[0].get("UserLog") if found else None), ""

    def offers(self):
        return ["condor_status", "-constraint", 'SlotType =!= "Dynamic"', "-json", "-attributes", _SLOTS]

    def partitions(self, text):
        return [_pool(_json(text))]

    def way(self):
        return ["condor_config_val", "ENABLE_SSH_TO_JOB"]

    def read_way(self, text):
        if text.strip().lower() in ("false", "f", "no", "0"):
            return "call-back", "condor_ssh_to_job is switched off here (ENABLE_SSH_TO_JOB)."
        return "attach", ""


def _json(text):
    """The list of objects a tool prints; no output means none."""
    try:
        value = json.loads(text) if text.strip() else []
    except ValueError:
        return []
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _job(ad):
    state, words, end = _STATES.get(ad.get("JobStatus"), "other"), "", None
    if state == "held":
        words = str(ad.get("HoldReason") or "")
        end = hold(number(ad.get("HoldReasonCode")), words) if number(ad.get("NumJobStarts")) else None
    elif state == "queued":
        words = str(ad.get("LastRejMatchReason") or "").strip()
        end = "evicted" if number(ad.get("NumJobStarts")) else None
    elif state == "ended":
        words = str(ad.get("RemoveReason") or "")
        end = "finished" if ad.get("JobStatus") == 4 else _removed(words)
        if end == "finished" and ad.get("ExitBySignal") is True:
            words = "signal %s" % ad.get("ExitSignal")
        elif end == "finished" and ad.get("ExitCode") is not None:
            words = "exit status %s" % ad["ExitCode"]
    host = str(ad.get("RemoteHost") or ad.get("LastRemoteHost") or "") if state != "queued" else ""
    return seen(
        id="%s.%s" % (ad["ClusterId"], ad.get("ProcId", 0)), name=str(ad.get("JobBatchName") or ""), state=state,
        words=words, end=end, node=host.split("@")[-1], submitted=number(ad.get("QDate")),
        started=number(ad.get("JobCurrentStartDate") or ad.get("JobStartDate")), cpus=number(ad.get("RequestCpus")),
        memory=number(ad.get("RequestMemory")), memoryUsed=_megabytes(ad.get("ResidentSetSize")),
        gpus=number(ad.get("RequestGPUs") or 0))


def _megabytes(kilobytes):
    known = number(kilobytes)
    return known // 1024 if known is not None else None


def hold(code, words):
    """The JobEnd of a job that is held after it ran."""
    if re.search(r"memory limit|memory usage|out of memory|OOM", words, re.I):
        return "out-of-memory"
    return _HOLDS.get(code, "held")


def _removed(words):
    return "evicted" if "PeriodicRemove" in words else "removed"


def _news(text):
    """Events end with a line of three dots; a half of one is left for the next time."""
    found, at = [], 0
    while True:
        end = text.find("\n...\n", at)
        if end < 0:
            return found, at
        lines, at = text[at:end].split("\n"), end + 5
        head = _EVENT.match(lines[0])
        what = head and _event(int(head.group(1)), head.group(4), [line.strip() for line in lines[1:]])
        if what:
            found.append(seen(id="%d.%d" % (int(head.group(2)), int(head.group(3))), **what))


def _event(kind, head, lines):
    """What one event says, as fields of seen(); None where it says nothing of the state."""
    words = lines[0] if lines else ""
    if kind == 0:
        return {"state": "queued"}
    if kind == 1:
        slot = [line.split(":", 1)[1].strip() for line in lines if line.startswith("SlotName:")]
        return {"state": "running", "node": slot[0].split("@")[-1] if slot else ""}
    if kind == 4:
        reason = [line for line in lines if line.startswith("Reason")]
        return {"state": "queued", "end": "evicted", "words": reason[0] if reason else "The job was evicted."}
    if kind == 5:
        return {"state": "ended", "end": "finished", "words": re.sub(r"^\(\d\) ", "", words)}
    if kind == 7:
        return {"state": "queued", "end": "node-failed", "words": words}
    if kind == 9:
        return {"state": "ended", "end": _removed(words), "words": words}
    if kind == 12:
        code = re.search(r"Code (\d+)", " ".join(lines[1:]))
        return {"state": "held", "end": hold(int(code.group(1)) if code else 0, words), "words": words}
    if kind == 13:
        return {"state": "queued"}
    if kind == 24:
        return {"state": "queued", "end": "node-failed", "words": " ".join(lines)}
    return None


def _pool(slots):
    """All machines together. A partitionable slot tells what is left of it; of the others each is free or not."""
    pool, machines, types = partition(isDefault=True), {}, set()
    for slot in slots:
        name = str(slot.get("Machine") or slot.get("Name") or "").split("@")[-1]
        cpus, gpus = number(slot.get("Cpus")) or 0, number(slot.get("GPUs")) or 0
        divisible = slot.get("SlotType") == "Partitionable"
        free = slot.get("State") == "Unclaimed" or divisible and slot.get("State") not in ("Owner", "Drained")
        pool["cpus"] += (number(slot.get("TotalSlotCpus")) or 0) if divisible else cpus
        pool["cpusFree"] += cpus if free else 0
        whole = number(slot.get("TotalSlotGPUs")) or 0 if divisible else gpus
        pool["gpus"] += whole
        pool["gpusFree"] += gpus if free else 0
        memory = number(slot.get("TotalMemory") or slot.get("TotalSlotMemory") or slot.get("Memory")) or 0
        machines[name] = max(machines.get(name, 0), memory)
        device = slot.get("GPUs_DeviceName") or slot.get("CUDADeviceName")
        if whole and isinstance(device, str):
            types.add(device)
    pool.update(nodes=len(machines), memory=max(machines.values(), default=0), gpuTypes=sorted(types))
    return pool
