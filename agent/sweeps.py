"""All sweeps this agent cares for. One that it does not know (any more) is read from its folder when somebody asks."""
import asyncio
import json
import os
import socket
import sys

import runtime
from kernel import Unwilling
from sweep import Sweep

FILES_S = 45.0


class Sweeps:
    """By folder, its path resolved."""

    def __init__(self, folder, children, batch):
        self.batch, self.host, self._children = batch, socket.gethostname(), children
        self._sweeps, self._list = {}, os.path.join(folder, "sweeps.json")

    def adopt(self):
        """Goes on with those of an earlier daemon."""
        for folder in (runtime.read_json(self._list) or {}).get("folders", []):
            asyncio.ensure_future(self.open(folder)).add_done_callback(lambda future: future.cancelled() or future.exception())

    def living(self):
        """How many are not over."""
        return len(self._sweeps)

    async def start(self, folder, record):
        """True when it was made, False when the folder has one."""
        found = await self.files("begin", folder, record=dict(record, keeper={"host": self.host, "seen": 0}))
        if not found["made"]:
            await self.open(folder)
            return False
        former = self._sweeps.pop(found["folder"], None)
        if former:  # its record was deleted
            former.leave()
        self._care(Sweep(self, found["folder"], dict(record, keeper={"host": self.host, "seen": 0})))
        return True

    async def open(self, folder):
        """The sweep of a folder; Unwilling `no-sweep` where there is none."""
        if folder in self._sweeps:
            return self._sweeps[folder]
        found = await self.files("load", folder)
        record = found["record"]
        known = self._sweeps.get(found["folder"])
        if known and record and known.identity == record.get("id"):
            return known
        if known:
            known.leave()
            del self._sweeps[found["folder"]]
            self._write()
        try:
            if record:
                sweep = Sweep(self, found["folder"], record)
                if not sweep.is_over and sweep.is_ours():
                    self._care(sweep)
                return sweep
        except (KeyError, TypeError, AttributeError):
            pass
        raise Unwilling("no-sweep", "there is no sweep in %s" % found["folder"])

    async def stop(self, folder):
        """Removes what is not over."""
        sweep = await self.open(folder)
        if sweep.is_over:
            return
        if not sweep.is_ours():
            raise Unwilling("busy", "the agent on %s cares for these jobs: stop them from that login node" % sweep.keeper)
        await sweep.stop()

    def _care(self, sweep):
        self._sweeps[sweep.folder] = sweep
        self._write()
        sweep.begin()

    def over(self, sweep):
        """Nothing of it goes on; its record has all."""
        if self._sweeps.get(sweep.folder) is sweep:
            del self._sweeps[sweep.folder]
            self._write()

    def _write(self):
        try:
            runtime.write_json(self._list, {"folders": sorted(self._sweeps)})
        except OSError:
            pass  # who asks for one reminds us of it

    async def files(self, verb, folder, **more):
        """Asks sweep_files.py."""
        program = os.path.dirname(os.path.abspath(__file__))
        text = json.dumps(dict(more, verb=verb, folder=folder)).encode("ascii")
        code, out, err = await self._children.run([sys.executable, program, "sweep-files"], FILES_S, text=text)
        try:
            answer = json.loads(out) if code == 0 else {}
        except ValueError:
            answer = {}
        if "result" in answer:
            return answer["result"]
        fault = answer.get("error") or {"code": "slow", "message": "%s: %s" % (folder, err.strip()[-500:] or "no answer")}
        codes = {"slow": "timeout", "full": "timeout", "quota": "timeout"}
        if verb in ("load", "save"):
            codes["missing"] = codes["not-a-folder"] = "no-sweep" if verb == "load" else "gone"
        raise Unwilling(codes.get(fault["code"], "start"), fault["message"])
