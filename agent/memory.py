"""Was it the memory? What the control groups of a process say about kills for want of memory, and its limit.

SIGKILL itself has no author. The counter of the group (version 2: memory.events, version 1: memory.oom_control) grows
when the system kills for memory; it is compared with a value a few seconds old, so that an old incident in the same
group does not explain a new death.
"""
import os
import time

_ROOT = "/sys/fs/cgroup"
_FRESH_S = 5.0


class MemoryWatch:
    """Follows the counter for one process."""

    def __init__(self, pid, root=_ROOT):
        self._folders = _folders(pid, root)
        self._samples = [(time.monotonic(), self._count())]

    def tick(self):
        """Called about every second while the process lives."""
        now = time.monotonic()
        if now - self._samples[-1][0] >= _FRESH_S:
            self._samples = self._samples[-1:] + [(now, self._count())]

    def killed(self):
        """True when the system has killed in this group within the last seconds."""
        before, now = self._samples[0][1], self._count()
        return now is not None and before is not None and now > before

    def peak(self):
        """The most memory that was in use at once in bytes, in the group with the smallest limit; None when unknown."""
        limited = self._limits()
        for folder in [min(limited)[1]] if limited else self._folders[:1]:
            for name in ("memory.peak", "memory.max_usage_in_bytes"):
                text = _read(os.path.join(folder, name)).strip()
                if text.isdigit():
                    return int(text)
        return None

    def limit(self):
        """The smallest memory limit in force in bytes, or None."""
        limited = self._limits()
        return min(limited)[0] if limited else None

    def _limits(self):
        found = []
        for folder in self._folders:
            for name in ("memory.max", "memory.limit_in_bytes"):
                text = _read(os.path.join(folder, name)).strip()
                if text.isdigit() and int(text) < 1 << 60:
                    found.append((int(text), folder))
        return found

    def _count(self):
        for folder in self._folders:
            for name in ("memory.events", "memory.oom_control"):
                for line in _read(os.path.join(folder, name)).splitlines():
                    words = line.split()
                    if len(words) == 2 and words[0] == "oom_kill" and words[1].isdigit():
                        return int(words[1])
        return None


def _folders(pid, root):
    """The folders of the memory controller for a process, its own first, then those around it."""
    found = []
    for line in _read("/proc/%d/cgroup" % pid).splitlines():
        number, controllers, path = (line.split(":", 2) + ["", ""])[:3]
        if number == "0" and not controllers:
            base = root
        elif "memory" in controllers.split(","):
            base = os.path.join(root, "memory")
        else:
            continue
        folder = os.path.normpath(base + "/" + path)
        while folder.startswith(base):
            found.append(folder)
            folder = os.path.dirname(folder)
    return found


def _read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""
