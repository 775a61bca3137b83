"""The GPUs of a machine: how busy they are, and which processes hold how much of their memory for how long."""
import asyncio
import os
import pwd
import re
import shutil

_GPUS = "index,uuid,name,utilization.gpu,memory.used,memory.total,temperature.gpu"
_APPS = "gpu_uuid,pid,used_memory"
ASK_S = 5


async def board(children, kernels):
    """Fields as in src/lib/model/gpu.ts: bytes, utilization 0…1, None where something is not known."""
    program = shutil.which("nvidia-smi")
    if not program:
        return []
    rows, apps = await asyncio.gather(
        _ask(children, program, "gpu", _GPUS), _ask(children, program, "compute-apps", _APPS))
    sessions = {kernel.pid: kernel.identity for kernel in kernels if kernel.state != "dead"}
    holders = {}
    for row in apps:
        if len(row) == 3 and row[1].isdigit():
            holders.setdefault(row[0], []).append(_process(int(row[1]), _bytes(row[2]), sessions))
    found = []
    for row in rows:
        if len(row) == 7 and row[0].isdigit():
            found.append({
                "index": int(row[0]), "uuid": row[1], "name": row[2],
                "utilization": float(row[3]) / 100 if row[3].isdigit() else None, "memoryUsed": _bytes(row[4]),
                "memoryTotal": _bytes(row[5]), "temperature": int(row[6]) if row[6].isdigit() else None,
                "processes": holders.get(row[1], [])})
    return found


def _process(pid, memory, sessions):
    """One holder. `kernel` is the id of ours that it belongs to: a kernel leads a session (see process.spawn)."""
    folder, user, elapsed, command, kernel = "/proc/%d" % pid, None, None, "", None
    try:
        user = _account(os.stat(folder).st_uid)
        with open(folder + "/stat", "rb") as file:
            fields = file.read().rsplit(b")", 1)[1].split()
        kernel = sessions.get(int(fields[3]))
        with open("/proc/uptime") as file:
            elapsed = max(0.0, float(file.read().split()[0]) - int(fields[19]) / os.sysconf("SC_CLK_TCK"))
        with open(folder + "/cmdline", "rb") as file:
            command = _short(file.read().decode("utf-8", "replace").split("\0"))
    except (OSError, ValueError, IndexError):
        pass  # it has ended, or it is in another namespace of processes: its memory is held all the same
    return {"pid": pid, "memory": memory, "user": user, "elapsed": elapsed, "command": command, "kernel": kernel}


def _short(words):
    """A program, and what an interpreter runs; no other arguments: these may hold what is nobody else's business."""
    name = os.path.basename(words[0].split(" ")[0])  # some write their state behind their name
    if not re.match(r"^(python|ipython|R|Rscript|julia|node|perl|ruby|bash|sh)[0-9.]*$", name):
        return name
    if len(words) > 2 and words[1] == "-m":
        return "%s -m %s" % (name, words[2])
    if len(words) > 1 and words[1] and not words[1].startswith("-"):
        return "%s %s" % (name, os.path.basename(words[1]))
    return name


def _account(number):
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


async def _ask(children, program, what, fields):
    words = [program, "--query-%s=%s" % (what, fields), "--format=csv,noheader,nounits"]
    answer = await children.output(words, b"", ASK_S) or b""
    return [[word.strip() for word in line.split(",")] for line in answer.decode("utf-8", "replace").splitlines()]


def _bytes(text):
    return int(text) * 1024 * 1024 if text.isdigit() else 0
