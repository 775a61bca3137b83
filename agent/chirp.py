"""Files from a job to the folder it was submitted from, while it runs: HTCondor's Chirp, as `condor_chirp put` speaks it
(https://cctools.readthedocs.io/en/stable/chirp/). The job has to ask for it (`+WantIOProxy`), and a pool may have it switched
off.
"""
import os
import socket

TIMEOUT_S = 5.0


def put(name, data):
    """Writes a file into the job's folder over there, in one step; OSError where that is not possible."""
    path = os.environ.get("_CONDOR_CHIRP_CONFIG") or ".chirp.config"
    with open(path) as file:
        words = file.read().split()
    if len(words) != 3 or not words[1].isdigit():
        raise OSError("%s is not understood" % path)
    with socket.create_connection((words[0], int(words[1])), TIMEOUT_S) as link, link.makefile("rwb") as talk:
        _ask(talk, "cookie %s" % words[2])
        _ask(talk, "putfile %s.new %d %d" % (name, 0o600, len(data)))
        talk.write(data)
        _ask(talk)
        _ask(talk, "rename %s.new %s" % (name, name))


def _ask(talk, line=None):
    """A command, unless it is under way already, and its answer: a number, negative where it was refused."""
    if line is not None:
        talk.write((line + "\n").encode("ascii"))
    talk.flush()
    answer = talk.readline().strip()
    if not answer.isdigit():
        raise OSError("Chirp refuses %s: %s" % ((line or "data").split()[0], answer.decode("ascii", "replace")))
