"""Folders of workers in the temporary folder of a node: whoever comes next removes those of workers that were killed.

A worker holds a lock on a file in each folder of its own for as long as it lives. A lock and not a process id: jobs on one
node may have process ids of their own, and a temporary folder in common.
"""
import fcntl
import os
import shutil
import stat

_LOCK = "worker.lock"


def claim(folder):
    """Says that a folder is in use, until the descriptor that this returns is closed."""
    path = os.path.join(folder, _LOCK)
    new = "%s.%d" % (path, os.getpid())
    handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.rename(new, path)  # it appears locked: nobody finds it as one of the dead
    return handle


def sweep():
    """Removes what workers of this account have left here that live no more: the paths."""
    places = {os.path.realpath(os.environ.get(name) or "/tmp") for name in ("TMPDIR", "SLURM_TMPDIR")} | {"/tmp"}
    gone = []
    for place in sorted(places):
        try:
            names = [name for name in os.listdir(place) if name.startswith("ansatz-")]
        except OSError:
            continue
        for path in (os.path.join(place, name) for name in names):
            if _is_dead(path):
                shutil.rmtree(path, ignore_errors=True)
                gone.append(path)
    return gone


def _is_dead(folder):
    """It is a worker's, ours, and nobody holds it."""
    try:
        info = os.lstat(folder)
        if not stat.S_ISDIR(info.st_mode) or info.st_uid != os.geteuid() or info.st_mode & 0o077:
            return False
        handle = os.open(os.path.join(folder, _LOCK), os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
