"""A kernel as a process of the system: started in a session of its own, recognised again later, and why it ended."""
import os
import signal
import subprocess

LOG_TAIL = 4096
#: A guest's kernel went over a limit (guest.OVER)
GUEST_OVER = 74

#: Set by batch systems in a job; a SIGTERM there is theirs
_BATCH = ("_CONDOR_JOB_AD", "SLURM_JOB_ID")

#: inherited from whoever started the agent and wrong for a kernel of ours: with JPY_PARENT_PID it would end with us
_NOT_INHERITED = ("JPY_PARENT_PID", "JPY_INTERRUPT_EVENT", "ANSATZ_RUNTIME", "ANSATZ_SPOOL", "ANSATZ_SPOOL_MB",
                  "ANSATZ_LEASE_S", "ANSATZ_START_S", "ANSATZ_JOBS")

_REASONS = {signal.SIGSEGV: "segfault", signal.SIGBUS: "segfault", signal.SIGABRT: "abort",
            signal.SIGTERM: "terminated", signal.SIGINT: "terminated", signal.SIGHUP: "terminated"}


def spawn(argv, env, cwd, log_path):
    """Starts a program detached from us: own session, nothing on standard input, its words in a log file.

    A file and not a pipe: the kernel must be able to write to it when the agent is gone.
    """
    whole = {name: value for name, value in os.environ.items() if name not in _NOT_INHERITED}
    whole["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # else a warning of ipykernel's debugger lands in somebody's first cell
    whole.update(env)
    log = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        return subprocess.Popen(argv, env=whole, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                start_new_session=True)
    finally:
        os.close(log)


def mark(pid):
    """What distinguishes this process from a later one with the same number; None when it does not live."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            fields = file.read().rsplit(b")", 1)[1].split()
        return None if fields[0] in (b"Z", b"X") else fields[19].decode("ascii")
    except FileNotFoundError:
        if os.path.exists("/proc/self/stat"):
            return None
    except (OSError, IndexError):
        return None
    try:  # no /proc: macOS
        text = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], stdout=subprocess.PIPE).stdout
        return text.decode("ascii", "replace").strip() or None
    except OSError:
        return None


def signal_group(pid, number):
    """Signals the process and what it started; False when there is nobody."""
    try:
        os.killpg(pid, number)
        return True
    except OSError:
        return False


def tail(path, size=LOG_TAIL):
    """The end of a log as text."""
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - size))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def verdict(returncode, answered, log, memory):
    """The content of a `died` event. `returncode` is None when another process was the parent; `memory` a MemoryWatch."""
    number = -returncode if returncode is not None and returncode < 0 else None
    content = {"signal": _name(number), "exitCode": returncode if number is None else None, "stderr": log}
    if returncode == GUEST_OVER:
        return dict(content, reason="guest-limit", words=log.rstrip().rsplit("\n", 1)[-1])
    if number == signal.SIGKILL or returncode is None:
        if memory.killed() or "MemoryError" in log:
            return dict(content, reason="out-of-memory", limit=memory.limit(), used=memory.peak())
    if number == signal.SIGTERM and any(name in os.environ for name in _BATCH):
        return dict(content, reason="evicted")
    if returncode is None:
        return dict(content, reason="segfault" if "Segmentation fault" in log else "lost")
    if not answered:
        return dict(content, reason="startup")
    return dict(content, reason="exit" if number is None else _REASONS.get(number, "killed"))


def _name(number):
    if number is None:
        return None
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
