"""What has been run since the kernel started, for history_request. It is kept in memory only."""
import fnmatch

SESSION = 1


class History:
    """Inputs with their line numbers, and the text of their results."""

    def __init__(self):
        self._entries = []

    def add(self, line, source):
        """One cell."""
        self._entries.append([line, source, None])

    def result(self, line, text):
        """What it gave."""
        if self._entries and self._entries[-1][0] == line:
            self._entries[-1][2] = text

    def find(self, content):
        """The entries a history_request asks for: (session, line, source) or, with output, (…, (source, result))."""
        kind, found = content.get("hist_access_type", "tail"), self._entries
        if kind == "range":
            start, stop = content.get("start") or 0, content.get("stop")
            mine = (content.get("session") or 0) in (0, SESSION)
            found = [entry for entry in found if mine and start <= entry[0] and (stop is None or entry[0] < stop)]
        elif kind == "search":
            found = [entry for entry in found if fnmatch.fnmatchcase(entry[1], content.get("pattern") or "*")]
            if content.get("unique"):
                found = list({entry[1]: entry for entry in found}.values())
        if kind != "range" and content.get("n") is not None:
            found = found[-content["n"]:] if content["n"] > 0 else []
        both = content.get("output")
        return [(SESSION, line, (source, result) if both else source) for line, source, result in found]
