"""What is done to the folder of a sweep, in a process of its own (`agent.pyz sweep-files`): a folder on a network may hang, and
no kernel waits for it. One request as JSON on standard input, one answer on standard output: {result} or {error: {code,
message}}.
"""
import json
import os
import stat
import sys

import notebook_file
from files_errors import FileProblem, of
from files_paths import folder
from files_rename import rename_new

RECORD, INPUTS = "sweep.json", "inputs"
#: of a record or an input
LARGEST = 64 * 1024 * 1024


def begin(request):
    """{folder, record} → {folder: resolved, made}: writes the record of a sweep, unless there is one."""
    with folder(request["folder"]) as (path, handle):
        if _exists(handle, RECORD):
            return {"folder": path, "made": False}
        for point in request["record"]["points"]:
            _input(handle, path, point["name"])
        temporary = notebook_file.write_beside(RECORD, _text(request["record"]), handle, 0o600)
        try:
            rename_new(handle, temporary, handle, RECORD, path)
        except FileProblem as problem:
            os.unlink(temporary, dir_fd=handle)
            if problem.code != "exists":
                raise
            return {"folder": path, "made": False}
        return {"folder": path, "made": True}


def load(request):
    """{folder} → {folder: resolved, record}; record null where there is none."""
    with folder(request["folder"]) as (path, handle):
        try:
            record = json.loads(_read(handle, RECORD).decode("utf-8"))
        except FileNotFoundError:
            record = None
        except ValueError:
            raise FileProblem("other", "%s/%s is damaged." % (path, RECORD))
        return {"folder": path, "record": record if isinstance(record, dict) else None}


def save(request):
    """{folder, record, take} → {taken}: writes it, unless it is another's now: of another sweep, or kept by the agent of another
    host. `take`: the second is no reason."""
    with folder(request["folder"]) as (path, handle):
        mine = request["record"]
        try:
            there = json.loads(_read(handle, RECORD).decode("utf-8"))
        except (FileNotFoundError, ValueError):
            there = mine
        known = [(each.get("id"), (each.get("keeper") or {}).get("host")) for each in (there, mine)]
        if known[0] != known[1] and not (request.get("take") and known[0][0] == known[1][0]):
            return {"taken": True}
        notebook_file.write(RECORD, _text(mine), handle, 0o600)
        return {"taken": False}


def fetch(request):
    """{folder, name, to} → {}: a copy of the input of a point, private."""
    with folder(request["folder"]) as (path, handle):
        data = _input(handle, path, request["name"])
    notebook_file.write(request["to"], data, mode=0o600)
    return {}


def look(request):
    """{folder, id, names} → {points: {name: progress or null}}."""
    with folder(request["folder"]) as (path, handle):
        return {"points": {name: _progress(handle, name + ".ipynb", request["id"])[0] for name in request["names"]}}


def settle(request):
    """{folder, id, name, brought: path or null, end: null or [reason, words]} → {progress or null}: what came back of a job that
    is over goes where it belongs. With `end` a notebook that was not written to its own gets to know why."""
    with folder(request["folder"]) as (path, handle):
        name = request["name"] + ".ipynb"
        known, notebook = _progress(handle, name, request["id"])
        if request["brought"] and (known is None or known["state"] == "running"):
            came, other = _progress(None, request["brought"], request["id"])
            if came and (known is None or came["state"] != "running" or came["cells"]["done"] >= known["cells"]["done"]):
                known, notebook = came, other
                notebook_file.write(name, notebook_file.encode(notebook), handle)
        if known and known["state"] == "running" and request["end"]:
            notebook_file.end(notebook, *request["end"])
            notebook_file.write(name, notebook_file.encode(notebook), handle)
            known = notebook_file.progress(notebook, request["id"])
        return {"progress": known}


def _progress(handle, name, sweep):
    """(progress or None, the notebook) of a file."""
    try:
        notebook = notebook_file.parse(_read(handle, name, notebook_file.LARGEST))
    except (OSError, FileProblem, notebook_file.Unreadable):
        return None, None
    return notebook_file.progress(notebook, sweep), notebook


def _input(handle, path, name):
    """The bytes of an input that can be run, or FileProblem."""
    name = "%s/%s.ipynb" % (INPUTS, name)
    try:
        data = _read(handle, name)
        notebook_file.parse(data)
        return data
    except OSError as fault:
        raise of(fault, os.path.join(path, name))
    except notebook_file.Unreadable as problem:
        raise FileProblem("other", "%s cannot be run: %s." % (os.path.join(path, name), problem))


def _read(handle, name, largest=LARGEST):
    """The bytes of a regular file."""
    file = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=handle)
    with os.fdopen(file, "rb") as reader:
        info = os.fstat(file)
        if not stat.S_ISREG(info.st_mode):
            raise FileProblem("other", "%s is no file." % name)
        if info.st_size > largest:
            raise FileProblem("other", "%s is larger than %d MB." % (name, largest // 1000000))
        return reader.read()


def _exists(handle, name):
    try:
        os.lstat(name, dir_fd=handle)
        return True
    except FileNotFoundError:
        return False


def _text(record):
    return (json.dumps(record, indent=1) + "\n").encode("ascii")


VERBS = {"begin": begin, "load": load, "save": save, "fetch": fetch, "look": look, "settle": settle}


def main():
    """The command `sweep-files`."""
    request = json.loads(sys.stdin.buffer.read().decode("utf-8"))
    try:
        answer = {"result": VERBS[request["verb"]](request)}
    except (OSError, UnicodeEncodeError, FileProblem) as fault:
        problem = of(fault, request["folder"])
        answer = {"error": {"code": problem.code, "message": str(problem)}}
    sys.stdout.write(json.dumps(answer))
    return 0
