"""Starts the daemon so that it belongs to nobody: its own session, its own descriptors, no terminal.

Its standard descriptors are a log file, so that nothing a library prints can ever reach the wire of a client.
"""
import os
import select
import sys

READY_S = 15
LOG_LIMIT = 1024 * 1024


def launch(folder, sha):
    """Returns when the daemon listens; raises OSError with its own words when it could not start."""
    receive, report = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setsid()
            if os.fork() == 0:  # the second fork: not a session leader, so no terminal can ever become its own
                _become(folder, sha, report)
        finally:
            os._exit(0)
    os.close(report)
    os.waitpid(child, 0)
    words = b""
    try:
        while select.select([receive], [], [], READY_S)[0]:
            part = os.read(receive, 4096)
            if not part:
                break
            words += part
    finally:
        os.close(receive)
    if words != b"ready":
        text = words.decode("utf-8", "replace").strip()
        raise OSError("the daemon did not start: %s" % (text or "see %s" % log_path(folder)))


def log_path(folder):
    """Where the daemon's own complaints go."""
    return os.path.join(folder, "daemon.log")


def _become(folder, sha, report):
    program = os.path.dirname(os.path.abspath(__file__))  # the zipapp, or the folder when run from a checkout
    try:
        log = os.open(log_path(folder), os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW, 0o600)
        null = os.open(os.devnull, os.O_RDONLY)
        if report < 3:
            report = os.dup(report)
        os.dup2(null, 0)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.chdir("/")
        os.set_inheritable(report, True)
        os.execv(sys.executable, [sys.executable, program, "daemon", sha, folder, str(report)])
    except OSError as error:
        os.write(report, str(error).encode("utf-8"))


def trim_log(path, limit=LOG_LIMIT, keep=64 * 1024):
    """Keeps the end of a log that grew too long. Its writers append, so cutting it below them is safe."""
    try:
        if os.path.getsize(path) <= limit:
            return
        with open(path, "r+b") as file:
            file.seek(-keep, os.SEEK_END)
            tail = file.read()
            file.truncate(0)
        with open(path, "ab") as file:
            file.write(b"[...]\n" + tail)
    except OSError:
        pass
