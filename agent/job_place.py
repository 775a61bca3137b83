"""The node a job of ours runs on, which may have little of what the login node has."""
import os
import shutil
import socket
import sys
import tempfile

import runtime


def settle(folder):
    """Makes the environment of a job one that a kernel can live in."""
    own = os.path.expanduser("~")  # HTCondor gives a job little
    os.environ.update(HOME=own if os.path.isdir(own) else os.path.dirname(folder), LANG=os.environ.get("LANG") or "C.UTF-8")
    if not os.path.isdir(os.environ.get("XDG_RUNTIME_DIR", "/")):  # the login's
        del os.environ["XDG_RUNTIME_DIR"]


def adapted(how, place):
    """A node without the login's file system has neither the notebook's folder nor, maybe, that Python. `place` is the folder
    instead."""
    program = how["argv"][0]
    if os.path.basename(program).startswith("python") and not shutil.which(program):
        how = dict(how, argv=[sys.executable] + how["argv"][1:])
    return how if os.path.isdir(os.path.expanduser(how["cwd"] or "~")) else dict(how, cwd=place)


def short_home(folder):
    """A folder where Unix sockets work: their paths are short, and some network file systems have none."""
    path = os.path.join(folder, "r")
    if len(os.fsencode(path)) <= runtime.LONGEST:
        probe = socket.socket(socket.AF_UNIX)
        try:
            probe.bind(os.path.join(runtime.private(path), "probe"))
            os.unlink(os.path.join(path, "probe"))
            return path
        except OSError:
            pass
        finally:
            probe.close()
    return tempfile.mkdtemp(prefix="ansatz-", dir="/tmp")
