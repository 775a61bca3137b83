"""A notebook file of a headless run: what papermill writes about a run into it, and how far that is.

    notebook  metadata.papermill {parameters, start_time, end_time, duration, exception, …}
              metadata.ansatz    {sweep, point, ended: {reason, words}}: `ended` only where the job did before the notebook
    cell      metadata.papermill {status: "pending" "running" "completed" "failed", start_time, end_time, duration, exception}

Times are ISO 8601 with their zone, durations seconds.
"""
import datetime
import json
import os
import time

LARGEST = 512 * 1024 * 1024
SUFFIX = ".ansatz-part"


class Unreadable(Exception):
    """The file is no notebook of ours to run; the text says why."""


def parse(data):
    """A notebook out of bytes."""
    try:
        notebook = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Unreadable("it is not JSON: %s" % error)
    cells = notebook.get("cells") if isinstance(notebook, dict) else None
    if not isinstance(cells, list) or notebook.get("nbformat") != 4:
        raise Unreadable("it is no notebook of format 4")
    if not all(isinstance(cell, dict) and isinstance(cell.setdefault("metadata", {}), dict) for cell in cells):
        raise Unreadable("a cell of it is none")
    if not isinstance(notebook.setdefault("metadata", {}), dict):
        raise Unreadable("its metadata are none")
    return notebook


def source(cell):
    """The code of a cell."""
    text = cell.get("source", "")
    return "".join(text) if isinstance(text, list) else str(text)


def tags(cell):
    """The tags of a cell."""
    found = cell["metadata"].get("tags")
    return found if isinstance(found, list) else []


def begin(notebook, sweep, point, parameters, paths, now=None):
    """Takes away what an earlier run has left and says that this one has begun. `paths`: (of the input, of the output)."""
    for cell in notebook["cells"]:
        if cell.get("cell_type") == "code":
            cell.update(outputs=[], execution_count=None)
        cell["metadata"]["papermill"] = {"exception": None, "start_time": None, "end_time": None, "duration": None,
                                         "status": "pending"}
    notebook["metadata"].update(ansatz={"sweep": sweep, "point": point}, papermill={
        "default_parameters": {}, "environment_variables": {}, "input_path": paths[0], "output_path": paths[1],
        "parameters": parameters, "start_time": _iso(now), "end_time": None, "duration": None, "exception": None,
        "version": ""})


def begin_cell(cell, now=None):
    """It runs."""
    cell["metadata"]["papermill"].update(start_time=_iso(now), status="running", exception=False)


def end_cell(notebook, cell, failed, now=None):
    """It has run."""
    about = cell["metadata"]["papermill"]
    about.update(end_time=_iso(now), duration=_between(about["start_time"], _iso(now)), exception=failed,
                 status="failed" if failed else "completed")
    if failed:
        notebook["metadata"]["papermill"]["exception"] = True


def end(notebook, reason=None, words="", now=None):
    """The run is over; with a reason (a JobEnd, `startup` or `terminated`) before the notebook was, in a cell that says so."""
    about = notebook["metadata"]["papermill"]
    about.update(end_time=_iso(now), duration=_between(about["start_time"], _iso(now)))
    if reason is None:
        return
    about["exception"] = True
    notebook["metadata"]["ansatz"]["ended"] = {"reason": reason, "words": words}
    for cell in notebook["cells"]:
        if cell["metadata"]["papermill"]["status"] == "running":
            end_cell(notebook, cell, True, now)
            cell["outputs"] = cell.get("outputs", []) + [failure("JobEnded", words)]


def failure(name, words):
    """An output that says what no kernel has said."""
    return {"output_type": "error", "ename": name, "evalue": words, "traceback": ["%s: %s" % (name, words)]}


def progress(notebook, sweep):
    """How far a run of this sweep is, or None where the file is of none: {state: "running" "done" "failed" "ended", words,
    reason, cells: {done, all}, started, finished}; times in seconds since 1970."""
    metadata = notebook["metadata"]
    about, ours = metadata.get("papermill"), metadata.get("ansatz")
    if not isinstance(about, dict) or not isinstance(ours, dict) or ours.get("sweep") != sweep:
        return None
    code = [cell for cell in notebook["cells"] if cell.get("cell_type") == "code"]
    states = [(cell["metadata"].get("papermill") or {}).get("status") for cell in code]
    found = {"state": "running", "words": "", "reason": None, "started": _seconds(about.get("start_time")),
             "finished": _seconds(about.get("end_time")),
             "cells": {"done": sum(state in ("completed", "failed") for state in states), "all": len(code)}}
    ended = ours.get("ended")
    if ended:
        found.update(state="ended", words=str(ended.get("words", "")), reason=ended.get("reason"))
    elif about.get("end_time"):
        found["state"] = "failed" if about.get("exception") else "done"
    if found["state"] == "failed":
        found["words"] = next((_said(cell) for cell, state in zip(code, states) if state == "failed"), "")
    return found


def _said(cell):
    errors = [each for each in cell.get("outputs", []) if each.get("output_type") == "error"]
    return "%s: %s" % (errors[-1].get("ename"), errors[-1].get("evalue")) if errors else "A cell failed."


def encode(notebook):
    """The text of the file as nbformat writes it."""
    text = json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True)
    return (text + "\n").encode("utf-8", "replace")  # half a character of a kernel's is none of a file


def write(path, data, parent=None, mode=0o666):
    """In one step: a reader sees the old file or the new one. `parent`: a descriptor of the folder of `path`."""
    temporary = write_beside(path, data, parent, mode)
    try:
        os.rename(temporary, path, src_dir_fd=parent, dst_dir_fd=parent)
    except OSError:
        os.unlink(temporary, dir_fd=parent)
        raise


def write_beside(path, data, parent=None, mode=0o666):
    """The first half of it: the path of a file that is to become this one."""
    head, name = os.path.split(path)
    temporary = os.path.join(head, ".%s.%d%s" % (name, os.getpid(), SUFFIX))
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        return temporary
    except OSError:
        os.unlink(temporary, dir_fd=parent)
        raise


def _iso(now):
    return datetime.datetime.fromtimestamp(time.time() if now is None else now, datetime.timezone.utc).isoformat()


def _seconds(text):
    try:
        return datetime.datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError):
        return None


def _between(start, finish):
    return round(_seconds(finish) - _seconds(start), 6) if _seconds(start) is not None else None
