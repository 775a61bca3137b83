"""Work that outlives the connection and the daemon: a program with a log, and what became of it.

The folder of a task holds its log, its state and, at the end, its exit status, written by a shell that waits for it; so
a later daemon knows all that an earlier one knew. A line of the log that begins with `ANSATZ-STEP PART TEXT` says how far
the work is, `ANSATZ-RESULT` and `ANSATZ-PROBLEM` are followed by JSON, and what pip prints is understood.
"""
import hashlib
import json
import math
import os
import re
import shutil
import signal
import sys
import time

import process
import runtime
from kernel import Unwilling

LOG_MAX = 16 * 1024 * 1024
TAIL = 8 * 1024
KEPT = 40
PATIENCE_S = 5.0  # between TERM and KILL
#: It outlives TERM, which goes to all of them, and says how the program took it
_WAIT = 'trap : TERM; f=$1; shift; "$@"; echo $? >"$f/exit.new"; mv "$f/exit.new" "$f/exit"'
_SAID = re.compile(r"^ANSATZ-(STEP|RESULT|PROBLEM) (.*)$")
_PIP = re.compile(r"^\s*(Collecting|Downloading|Using cached|Building wheel for|Installing collected packages:)\s*(.*)$")


class Tasks:
    """All tasks of this account on this node by id."""

    def __init__(self, folder, children):
        self._folder, self._children, self._states = runtime.private(os.path.join(folder, "t")), children, {}
        for name in sorted(os.listdir(self._folder)):
            saved = runtime.read_json(os.path.join(self._folder, name, "state.json"))
            if saved and isinstance(saved.get("task"), str) and _name(saved["task"]) == name:
                self._states[saved["task"]] = saved
            else:
                shutil.rmtree(os.path.join(self._folder, name), ignore_errors=True)

    def start(self, identity, argv, env, timeout, about):
        """True when it was started, False when one of that id runs. One that has ended makes room for it."""
        if identity in self._states and self._running(identity):
            return False
        self.forget(identity)
        folder = runtime.private(os.path.join(self._folder, _name(identity)))
        program = os.path.dirname(os.path.abspath(__file__))
        argv = [word.replace("{python}", sys.executable).replace("{agent}", program) for word in argv]
        try:
            child = process.spawn(["/bin/sh", "-c", _WAIT, "sh", folder] + argv, dict(env, PYTHONUNBUFFERED="1"),
                                  os.path.expanduser("~"), os.path.join(folder, "log"))
        except (OSError, ValueError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            raise Unwilling("start", "%s cannot be started: %s" % (argv[0], error))
        self._children.watch(child, lambda code: None)
        self._states[identity] = {
            "task": identity, "pid": child.pid, "mark": process.mark(child.pid), "boot": runtime.boot_id(),
            "started": time.time(), "deadline": time.time() + timeout if timeout else None, "about": about, "ended": None}
        self._save(identity)
        self._prune()
        return True

    def all(self):
        """Every task, the oldest first, without its log."""
        return [self.status(identity, 0) for identity in sorted(self._states, key=lambda i: self._states[i]["started"])]

    def status(self, identity, tail=TAIL):
        """What a task has come to: state is one of running, done, failed, cancelled, late, lost."""
        state = self._get(identity)
        code = self._exit(identity)
        running = code is None and self._running(identity)
        log = _read(self._path(identity, "log"))
        text, part, said = progress(log)
        known = "running" if running else state["ended"] or (
            "lost" if code is None else "done" if code == 0 else "failed")
        shown = "\n".join(line for line in log.splitlines() if not line.startswith("ANSATZ-")) if tail else ""
        return {"task": identity, "state": known, "exitCode": code, "started": state["started"], "about": state["about"],
                "text": text, "part": 1.0 if known == "done" else part, "output": shown[-tail:] if tail else "",
                "result": said.get("RESULT"), "problem": said.get("PROBLEM")}

    def cancel(self, identity, why="cancelled"):
        """Ends it: TERM, which lets it tidy up, then KILL."""
        state = self._get(identity)
        if self._running(identity) and not state["ended"]:
            state.update(ended=why, killed=time.time() + PATIENCE_S)
            self._save(identity)
            process.signal_group(state["pid"], signal.SIGTERM)

    def forget(self, identity):
        """Deletes a task that has ended with its log."""
        if identity in self._states:
            if self._running(identity):
                raise Unwilling("alive", "the task is still running")
            del self._states[identity]
            shutil.rmtree(os.path.join(self._folder, _name(identity)), ignore_errors=True)

    def tick(self):
        """Called about twice a second: ends what takes too long or writes too much, insists where TERM did not help."""
        for identity, state in list(self._states.items()):
            if not self._running(identity):
                continue
            if state["ended"]:
                if time.time() > state["killed"]:
                    process.signal_group(state["pid"], signal.SIGKILL)
            elif state["deadline"] and time.time() > state["deadline"] or self._size(identity) > LOG_MAX:
                self.cancel(identity, "late")

    def _get(self, identity):
        if identity not in self._states:
            raise Unwilling("no-task", "there is no task %s here" % identity)
        return self._states[identity]

    def _running(self, identity):
        """Its exit status counts, not the shell that has written it and may need a moment to leave."""
        state = self._states[identity]
        if self._exit(identity) is not None:
            return False
        if state["boot"] != runtime.boot_id() or not state["mark"]:
            return False
        return process.mark(state["pid"]) == state["mark"]

    def _path(self, identity, name):
        return os.path.join(self._folder, _name(identity), name)

    def _exit(self, identity):
        text = _read(self._path(identity, "exit")).strip()
        return int(text) if text.isdigit() else None

    def _size(self, identity):
        try:
            return os.path.getsize(self._path(identity, "log"))
        except OSError:
            return 0

    def _save(self, identity):
        runtime.write_json(self._path(identity, "state.json"), self._states[identity])

    def _prune(self):
        for identity in sorted(self._states, key=lambda i: self._states[i]["started"])[:-KEPT]:
            if not self._running(identity):
                self.forget(identity)


def progress(log):
    """(what is being done, how far 0…1 or None, {"RESULT": …, "PROBLEM": …}) from the lines of a log."""
    text, part, said, fetched, base = "", None, {}, 0, 0.0
    for line in log.splitlines():
        own, pip = _SAID.match(line), _PIP.match(line)
        if own and own.group(1) == "STEP":
            number, _, text = own.group(2).partition(" ")
            base = part = float(number) if re.match(r"^[\d.]+$", number) else base
        elif own:
            try:
                said[own.group(1)] = json.loads(own.group(2))
            except ValueError:
                pass  # cut, or not ours
        elif pip:
            what, rest = pip.group(1), pip.group(2)
            if what.startswith("Installing"):
                text, part = "Installing %d packages" % (rest.count(",") + 1), 0.85
                continue
            text = "%s %s" % (what, rest.split("/")[-1] if what != "Collecting" else rest.split(" (from")[0])
            fetched += what == "Collecting"
            # how many there will be nobody knows; it comes nearer to the end and never reaches it
            part = base + (0.8 - base) * (1 - math.exp(-fetched / 20.0))
    return text, part, said


def _read(path):
    try:
        with open(path, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 1024 * 1024))
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def _name(identity):
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:16]
