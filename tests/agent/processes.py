"""A stand-in for a batch system: jobs are processes of this machine. Only for tests of what comes after the scheduler;
what HTCondor and Slurm themselves do is tried on real ones.

Beside the agent it is the module that says which systems there are; as a program it is the system's commands. Its folder
is $STAND_IN: `closed` there keeps jobs waiting, `locked` refuses who wants to enter one, `full` refuses new ones, `slow` takes one
and does not say so; `killer-before` and `killer-after` kill the daemon when it submits.
"""
import json
import os
import signal
import subprocess
import sys
import time

if __name__ != "__main__":
    from scheduler import Scheduler, seen

    class Processes(Scheduler):
        """Commands and answers."""

        name, programs, log_file, words_file = "processes", (), "job.log", "worker.err"

        def _command(self, *words):
            return [sys.executable, os.environ["STAND_IN_PROGRAM"]] + list(words)

        def version(self):
            return self._command("version")

        def files(self, folder, about, name, script, carried=(), brought=()):
            return {"worker.sh": script, "name": name}

        def submit(self, folder, about, name):
            return self._command("submit", folder)

        def submitted(self, text):
            return text.strip() or None

        def query(self, account):
            return self._command("query")

        def jobs(self, text):
            return [seen(**each) for each in json.loads(text)]

        def past(self, identity):
            return self._command("past", identity)

        def ended(self, text):
            return None

        def news(self, text):
            end = text.rfind("\n") + 1
            return [seen(**json.loads(line)) for line in text[:end].splitlines()], end

        def attach(self, identity, token):
            return self._command("attach", identity, token)

        def act(self, act, identity):
            return self._command(act, identity)

        def log(self, identity):
            return self._command("log", identity)

        def offers(self):
            return self._command("query")

        def partitions(self, text):
            return []

    KNOWN = (Processes(),)


def _path(*names):
    return os.path.join(os.environ["STAND_IN"], *names)


def _there(*names):
    return os.path.exists(_path(*names))


def _write(path, text):
    new = "%s.%d" % (path, os.getpid())  # the daemon and the test may both say so
    with open(new, "w") as file:
        file.write(text)
    os.rename(new, path)


def _tell(folder, number, **about):
    with open(os.path.join(folder, "name")) as file:
        about.update(id=number, name=file.read())
    _write(_path(number, "state"), json.dumps(about))
    with open(os.path.join(folder, "job.log"), "a") as file:
        file.write(json.dumps(about) + "\n")


def _kill(when):
    """The daemon, which has called us, does not live to hear of it."""
    if _there(when):
        os.unlink(_path(when))
        os.kill(os.getppid(), signal.SIGKILL)
        sys.exit(1)


def _submit(folder):
    _kill("killer-before")
    if _there("full"):
        sys.exit("the cluster takes no jobs today")
    number = str(sum(name.isdigit() for name in os.listdir(os.environ["STAND_IN"])) + 1)
    os.mkdir(_path(number))
    _tell(folder, number, state="queued", words="waits its turn")
    if os.fork() == 0:
        os.setsid()
        null = os.open(os.devnull, os.O_RDWR)
        for fd in range(3):
            os.dup2(null, fd)
        try:
            _run(folder, number)
        finally:
            os._exit(0)
    _kill("killer-after")
    while _there("slow"):
        time.sleep(0.02)
    print(number)


def _run(folder, number):
    while _there("closed") and not _there(number, "remove"):
        time.sleep(0.02)
    if _there(number, "remove"):
        _tell(folder, number, state="ended", end="removed", words="removed by its owner")
        return
    place = _path(number, "place")
    os.mkdir(place)
    env = {name: value for name, value in os.environ.items() if name not in ("ANSATZ_RUNTIME", "ANSATZ_SPOOL")}
    with open(os.path.join(folder, "worker.err"), "w") as words:
        job = subprocess.Popen(["/bin/sh", "worker.sh"], cwd=folder, env=dict(env, TMPDIR=place), stdin=subprocess.DEVNULL,
                               stdout=words, stderr=words, start_new_session=True)
    _write(_path(number, "pid"), str(job.pid))
    _tell(folder, number, state="running", node="node1")
    end = None
    while job.poll() is None:
        for act in ("remove", "evict"):
            if not end and _there(number, act):
                end = {"remove": "removed", "evict": "evicted"}[act]
                job.terminate()
        time.sleep(0.02)
    _sweep(place)
    _tell(folder, number, state="ended", end=end or "finished", words="by its owner" if end == "removed" else
          "for somebody else" if end else "status %d" % job.returncode)


def _sweep(place):
    """What a job has started does not outlive it: its own folder stands in the environment of all of it."""
    mark = os.fsencode("TMPDIR=" + place)
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % name, "rb") as file:
                if mark in file.read().split(b"\0"):
                    os.kill(int(name), signal.SIGKILL)
        except OSError:
            pass  # gone meanwhile, or somebody else's


def main(words):
    """The commands."""
    if words[0] == "submit":
        _submit(words[1])
    elif words[0] == "query":
        found = []
        for name in os.listdir(os.environ["STAND_IN"]):
            if _there(name, "state"):
                with open(_path(name, "state")) as file:
                    found.append(json.load(file))
        print(json.dumps([each for each in found if each["state"] != "ended"]))
    elif words[0] in ("remove", "evict"):
        if not _there(words[1]):
            sys.exit("there is no job %s" % words[1])
        _write(_path(words[1], words[0]), "")
    elif words[0] == "attach":
        if _there("locked"):
            sys.exit("you may not enter")
        print("Welcome to node1!\nIt is 21 degrees.", flush=True)
        door = "/tmp/ansatz-job-%s/attach" % words[2]
        os.execv("/bin/sh", ["/bin/sh", door])
    elif words[0] == "version":
        print("1")
    elif words[0] == "log":
        print("the log of job %s" % words[1])
    else:
        sys.exit("no %s" % words[0])


if __name__ == "__main__":
    main(sys.argv[1:])
