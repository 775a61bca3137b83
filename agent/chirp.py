"""HTCondor's Chirp, by which a job that runs reaches the side that submitted it, as `condor_chirp` speaks it
(https://cctools.readthedocs.io/en/stable/chirp/); a node need not have that program. The job has to ask for it
(`+WantIOProxy`), and a pool may have it switched off.
"""
import contextlib
import os
import socket

TIMEOUT_S = 5.0


def put(name, data):
    """Writes a file into the job's folder over there, in one step; OSError where that is not possible."""
    with _talk() as talk:
        _ask(talk, "putfile %s.new %d %d" % (name, 0o600, len(data)))
        talk.write(data)
        _ask(talk)
        _ask(talk, "rename %s.new %s" % (name, name))


def set_attribute(name, expression):
    """Sets an attribute of the job we are in; OSError where that is not possible.

    condor_qedit changes the queue alone: the shadow of a job that runs goes on with the limit it began with (seen with 23.9).
    """
    with _talk() as talk:
        _ask(talk, "set_job_attr %s %s" % (name, expression))


@contextlib.contextmanager
def _talk():
    path = os.environ.get("_CONDOR_CHIRP_CONFIG") or os.path.join(os.environ.get("_CONDOR_SCRATCH_DIR", "."), ".chirp.config")
    with open(path) as file:
        words = file.read().split()
    if len(words) != 3 or not words[1].isdigit():
        raise OSError("%s is not understood" % path)
    with socket.create_connection((words[0], int(words[1])), TIMEOUT_S) as link, link.makefile("rwb") as talk:
        _ask(talk, "cookie %s" % words[2])
        yield talk


def _ask(talk, line=None):
    """A command, unless it is under way already, and its answer: a number, negative where it was refused."""
    if line is not None:
        talk.write((line + "\n").encode("ascii"))
    talk.flush()
    answer = talk.readline().strip()
    if not answer.isdigit():
        raise OSError("Chirp refuses %s: %s" % ((line or "data").split()[0], answer.decode("ascii", "replace")))
