"""One point of a sweep: what it is to run, its job, and in the end what became of it."""
import time

_STATES = {"submitting": "waiting", "starting": "running", "ended": "running"}  # ended: what it has left is being looked at


class Point:
    """`result` is final; before it there is a job, and before that only words of why not."""

    def __init__(self, saved):
        self.name, self.parameters = saved["name"], saved["parameters"]
        self.result, self.known = saved.get("result"), saved.get("job")  # known: the job of an earlier daemon
        self.intended = saved.get("intended")  # when it was about to be given to the scheduler
        self.job = self.progress = self.ended_at = None
        self.words, self.sent = "", bool(self.known or self.result)

    def saved(self):
        """What the record has of it."""
        known = None if self.result else self.job.kept() if self.job else self.known
        return {"name": self.name, "parameters": self.parameters, "intended": self.intended, "job": known, "result": self.result}

    def finish(self, state, words, progress=None):
        """It is over."""
        known, progress = (self.job.kept() if self.job else self.known) or {}, progress or {}
        self.result = {
            "state": state, "words": words, "job": known.get("id"), "node": known.get("node") or "",
            "cells": progress.get("cells"), "started": progress.get("started") or known.get("started"),
            "finished": progress.get("finished") or time.time()}

    def status(self):
        """The PointStatus of src/lib/model/sweep.ts."""
        about = {"name": self.name, "parameters": self.parameters, "state": "waiting", "job": None, "node": "",
                 "words": self.words, "cells": None, "started": None, "finished": None}
        known = self.job.kept() if self.job else self.known
        if self.result:
            about.update(self.result)
        elif known:
            about.update(state=_STATES.get(known["state"], known["state"]), job=known["id"], node=known["node"] or "",
                         started=known["started"])
            about["words"] = known["words"] or (self.words if about["state"] == "waiting" else "")
            if self.progress and about["state"] == "running":
                found = self.progress
                about.update(cells=found["cells"], started=found["started"] or about["started"])
                if found["state"] in ("done", "failed"):  # why it was ended its scheduler knows
                    about.update(state=found["state"], words=found["words"], finished=found["finished"])
        return about
