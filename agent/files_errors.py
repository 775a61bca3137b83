"""What can be wrong with a file, in the words of `FileProblemCode` (src/lib/model/files.ts) and in words for people."""
import errno
import os

CODES = {
    errno.ENOENT: "missing", errno.ESTALE: "missing", errno.EEXIST: "exists", errno.EACCES: "denied", errno.EPERM: "denied",
    errno.ENOSPC: "full", errno.EDQUOT: "quota", errno.ENOTEMPTY: "not-empty", errno.ENOTDIR: "not-a-folder",
    errno.EISDIR: "is-a-folder", errno.ENAMETOOLONG: "bad-name", errno.EILSEQ: "bad-name", errno.EINVAL: "bad-name",
    errno.EROFS: "read-only", errno.ETXTBSY: "denied", errno.ETIMEDOUT: "slow", errno.EHOSTDOWN: "slow",
}
WORDS = {
    "missing": "%s is not there (any more).",
    "exists": "%s exists already.",
    "denied": "The account may not do this to %s.",
    "full": "The file system of %s is full.",
    "quota": "The quota of the account on the file system of %s is used up.",
    "not-empty": "%s is not empty.",
    "not-a-folder": "%s is not a folder.",
    "is-a-folder": "%s is a folder.",
    "bad-name": "%s is no name the file system takes.",
    "read-only": "The file system of %s can only be read.",
    "slow": "The file system of %s does not answer.",
}


class FileProblem(Exception):
    """Why something was not done. `more` goes into the answer beside code, message and path."""

    def __init__(self, code, message, path=None, **more):
        super().__init__(message)
        self.code, self.path, self.more = code, path, more


class Cancelled(Exception):
    """Nobody wants the answer any more."""


def shown(path):
    """A path for a sentence: bytes that are no text become question marks."""
    return os.fsencode(path).decode("utf-8", "replace")


def problem(code, path):
    """The problem of this code in its usual words."""
    return FileProblem(code, WORDS[code] % shown(path), path)


def of(fault, path):
    """An OSError as a FileProblem about this path."""
    if isinstance(fault, FileProblem):
        return fault
    if isinstance(fault, UnicodeEncodeError):
        return FileProblem("bad-name", "This is no name the file system takes.")
    code = CODES.get(getattr(fault, "errno", None), "other")
    if code == "other":
        return FileProblem("other", "%s: %s" % (shown(path), getattr(fault, "strerror", None) or fault), path)
    return problem(code, path)
