"""What a machine has, for the list a person watches while a connection is made: disk, GPUs, batch system, kernels.

Each part is looked for in a process of its own (`survey PART`), all at the same time and each with a limit: a home folder
that is away, a driver that hangs or a login script that waits must not hold the daemon, nor each other.
"""
import asyncio
import errno
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile

PART_S = 5.0
TRIAL = 65536  # bytes written to see whether a file can be
_SHELLS = ("bash", "zsh", "ksh", "mksh", "dash", "sh", "fish")
#: No single quote in it: it goes to the login shell, whichever that is, in single quotes
_BATCH = ('condor_version 2>/dev/null | sed -n "s/^/ANSATZ-htcondor /p"; '
          '{ sinfo --version || scontrol --version; } 2>/dev/null | sed -n "s/^/ANSATZ-slurm /p"')
_WORDS = {errno.EROFS: "The home folder is read-only.", errno.EDQUOT: "The quota of the home folder is used up.",
          errno.ENOSPC: "The home folder's file system is full.",
          errno.EACCES: "Nothing may be written in the home folder.",
          errno.EPERM: "Nothing may be written in the home folder.", errno.ENOENT: "There is no home folder."}


#: What a login shell adds that the commands of a batch system need, and what an administrator has set for jobs
_ENVIRONMENT = ('for n in PATH CONDOR_CONFIG SLURM_CONF LD_LIBRARY_PATH ANSATZ_JOB_WAY ANSATZ_CALL_BACK_PORTS ANSATZ_CALL_BACK_HOST; '
                'do v=$(printenv $n) && printf "ANSATZ-ENV %s=%s\\n" "$n" "$v"; done; true')


async def environment(children):
    """The variables that a login shell sets for the commands of batch systems; empty when it gives no answer."""
    return await _part(children, "environment", []) or {}


async def survey(children, environments):
    """The Survey of src/lib/model/check-list.ts. What gives no answer in time counts as not there, the disk as broken."""
    names = ("disk", "gpus", "batch", "kernels")
    disk, gpus, batch, kernels = await asyncio.gather(*(_part(children, name, environments) for name in names))
    return {
        "python": platform.python_version(), "host": socket.gethostname(), "cores": _cores(), "memory": _memory(),
        "disk": disk or {"path": os.path.expanduser("~"), "total": 0, "free": 0, "writable": False,
                         "problem": "The home folder did not answer in time."},
        "gpus": gpus or [], "batch": batch or [], "kernels": kernels or 0}


async def _part(children, name, environments):
    program = os.path.dirname(os.path.abspath(__file__))
    text = json.dumps(environments).encode("ascii")
    patience = float(os.environ.get("ANSATZ_SURVEY_S") or PART_S)
    answer = await children.output([sys.executable, program, "survey", name], text, patience)
    try:
        return json.loads((answer or b"").decode("utf-8"))
    except ValueError:
        return None


def disk():
    """Size and room of the file system of the home folder, and whether a file can be written there just now.

    Quotas are known to no call that works on every file system; writing finds every reason there is.
    """
    home, problem = os.path.expanduser("~"), None
    try:
        known = os.statvfs(home)
        total, free = known.f_blocks * known.f_frsize, known.f_bavail * known.f_frsize
    except OSError as error:
        return {"path": home, "total": 0, "free": 0, "writable": False, "problem": _words(error)}
    try:
        with tempfile.TemporaryFile(prefix=".ansatz-", dir=home) as file:
            file.write(os.urandom(TRIAL))
            file.flush()
            os.fsync(file.fileno())  # network file systems tell of a quota only then
    except OSError as error:
        problem = _words(error)
    return {"path": home, "total": total, "free": free, "writable": problem is None, "problem": problem}


def _words(error):
    return _WORDS.get(error.errno) or "The home folder cannot be written: %s." % (error.strerror or error)


def gpus():
    """What nvidia-smi lists; memory in bytes."""
    program = shutil.which("nvidia-smi")
    if not program:
        return []
    words = [program, "--query-gpu=index,name,memory.total", "--format=csv,noheader,nounits"]
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    found = []
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        row = [word.strip() for word in line.split(",")]
        if len(row) == 3 and row[0].isdigit():
            size = int(row[2]) * 1024 * 1024 if row[2].isdigit() else 0
            found.append({"index": int(row[0]), "name": row[1], "memory": size})
    return found


def batch():
    """Batch systems whose commands a login shell finds: their folders are often added to PATH only there."""
    found = []
    for line in login_shell(_BATCH).splitlines():
        match = re.match(r"^ANSATZ-(htcondor) \$CondorVersion: (\S+)|^ANSATZ-(slurm) slurm\S* (\S+)", line)
        if match and not any(each["kind"] == (match.group(1) or match.group(3)) for each in found):
            found.append({"kind": match.group(1) or match.group(3), "version": match.group(2) or match.group(4)})
    return found


def login_shell(script):
    """What a script of sh without single quotes prints when the account's login shell starts it."""
    shell = os.environ.get("SHELL") or "/bin/sh"
    if os.path.basename(shell) not in _SHELLS or not os.path.exists(shell):  # csh takes no -l beside -c
        shell = "/bin/sh"
    done = subprocess.run([shell, "-l", "-c", "exec /bin/sh -c '%s'" % script], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return done.stdout.decode("utf-8", "replace")


def shell_environment():
    """PATH and the like as a login shell has them."""
    lines = [line[11:] for line in login_shell(_ENVIRONMENT).splitlines() if line.startswith("ANSATZ-ENV ")]
    return dict(line.split("=", 1) for line in lines if "=" in line)


def kernels(environments):
    """How many Jupyter kernels can be started; our own does not count."""
    from kernelspecs import PLAIN, discover
    return sum(not spec["name"].startswith(PLAIN) for spec in discover(environments)["specs"])


def _cores():
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory():
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError):
        return None


def main(name):
    """The command `survey PART`."""
    environments = json.loads(sys.stdin.read() or "[]")
    parts = {"disk": disk, "gpus": gpus, "batch": batch, "environment": shell_environment,
             "kernels": lambda: kernels(environments)}
    sys.stdout.write(json.dumps(parts[name]()))
    return 0
