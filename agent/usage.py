"""What a kernel uses now: processor time and memory of it and of all it started, and its GPUs.

A kernel leads a session of its own (see process.spawn), so its family is the session: what has left it is not counted.
"""
import os
import shutil
import time

GPU_S = 5.0
_GPUS = ("index,uuid,name,utilization.gpu,memory.total,memory.used", "gpu_uuid,pid,used_memory")
#: What schedulers set for a job so that it sees its own devices alone
DEVICES = ("CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES",
           "ZE_AFFINITY_MASK", "GPU_DEVICE_ORDINAL")


def assigned(variables):
    """The GPUs that a scheduler has given to a job: numbers, or UUIDs that HTCondor cuts short."""
    return [word.strip() for word in variables.get("CUDA_VISIBLE_DEVICES", "").split(",") if word.strip()]


class Usage:
    """Samples one kernel; the share of the processor is that since the sample before."""

    def __init__(self, pid):
        self._pid, self._before = pid, None

    def sample(self):
        """{cpu, memory}: cores used (None the first time) and bytes resident; None where there is no /proc."""
        found = family(self._pid)
        if not found:
            return None
        ticks, pages, now = sum(each[1] for each in found), sum(each[2] for each in found), time.monotonic()
        before, self._before = self._before, (ticks, now)
        cpu = None
        if before and now > before[1]:
            cpu = max(0.0, ticks - before[0]) / os.sysconf("SC_CLK_TCK") / (now - before[1])
        return {"cpu": cpu, "memory": pages * os.sysconf("SC_PAGE_SIZE")}


def family(leader):
    """(pid, ticks of processor time, pages resident) of each process in the session of a leader."""
    found = []
    for name in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        if not name.isdigit():
            continue
        try:
            with open("/proc/%s/stat" % name, "rb") as file:
                fields = file.read().rsplit(b")", 1)[1].split()
        except (OSError, IndexError):
            continue  # it ended meanwhile
        if int(fields[3]) == leader:
            found.append((int(name), int(fields[11]) + int(fields[12]), int(fields[21])))
    return found


def resident(leader):
    """Bytes of memory in the session of a leader."""
    return sum(pages for _, _, pages in family(leader)) * os.sysconf("SC_PAGE_SIZE")


class Gpus:
    """What nvidia-smi says, asked at most every few seconds and in a process of its own, since a driver may hang."""

    def __init__(self, children):
        self._children, self._at, self._known = children, 0.0, ([], [])

    async def of(self, pids, own=()):
        """[{name, load, memory, memoryTotal}] of the GPUs that these processes use; bytes, load 0…1 or None. `own` (see
        assigned()) are shown in any case, and where no process of ours is seen on one, all of its memory in use is: the
        processes of a job may have other numbers outside, and nobody else is on a device of its own."""
        program = shutil.which("nvidia-smi")
        if not program:
            return []
        if time.monotonic() - self._at >= GPU_S:
            self._at = time.monotonic()
            self._known = (await self._ask(program, "gpu", _GPUS[0]), await self._ask(program, "compute-apps", _GPUS[1]))
        used = {}
        for row in self._known[1]:
            if len(row) == 3 and row[1].isdigit() and int(row[1]) in pids:
                used[row[0]] = used.get(row[0], 0) + _mebibytes(row[2])
        rows = [row for row in self._known[0] if len(row) == 6]
        return [{"name": row[2], "load": float(row[3]) / 100 if row[3].isdigit() else None,
                 "memory": used[row[1]] if row[1] in used else _mebibytes(row[5]), "memoryTotal": _mebibytes(row[4])}
                for row in rows if row[1] in used or any(_is(device, row) for device in own)]

    async def _ask(self, program, what, fields):
        words = [program, "--query-%s=%s" % (what, fields), "--format=csv,noheader,nounits"]
        answer = await self._children.output(words, b"", 4) or b""
        return [[word.strip() for word in line.split(",")] for line in answer.decode("utf-8", "replace").splitlines()]


def _is(device, row):
    """Whether a name of a device is that of a row: a number, or the beginning of a UUID."""
    return device == row[0] if device.isdigit() else len(device) > 7 and row[1].startswith(device)


def _mebibytes(text):
    return int(text) * 1024 * 1024 if text.isdigit() else 0
