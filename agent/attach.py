"""`attach`: finds or starts the daemon of this account, then is a pipe between standard input/output and its socket; the same
into a job (`attach-worker`), where the first output waits for it: so it imports little.

It holds no state, so it may be killed at any moment. Several may live at once.
"""
import fcntl
import json
import os
import select
import socket
import struct
import time

import launch
import runtime
from pump import pump

ANSWER_S = 10


def main(sha):
    """Runs until standard input ends. Exit status 97 after an ANSATZ-FAIL line."""
    try:
        folder = _folder()
        link, hello = reach(sha, folder)
    except (runtime.Refused, OSError) as error:
        _say("FAIL", {"code": "daemon", "message": str(error)})
        return 97
    if folder.startswith(runtime.LAST_RESORT):
        _say("PLACE", {"folder": folder, "reason": "the temporary folders take no file"})
    os.write(1, hello)
    pump(link)
    return 0


def enter(folder):
    """The command `attach-worker FOLDER`: a pipe to the worker of a job; never starts one."""
    try:
        link = connect(folder)
        if link is None:
            raise OSError("the worker does not answer")
        os.write(1, _hello(link))
    except OSError as error:
        _say("FAIL", {"code": "daemon", "message": str(error)})
        return 97
    pump(link)
    return 0


def _say(word, fields):
    os.write(1, ("ANSATZ-%s %s\n" % (word, json.dumps(fields))).encode("utf-8"))


def reach(sha, folder):
    """A connection to the daemon and its hello line. Replaces an idle daemon of another version."""
    for _ in range(3):
        link = connect(folder) or _started(folder, sha)
        hello = _hello(link)
        if json.loads(hello.split(b" ", 1)[1].decode("utf-8"))["agent"] == sha or not _retire(link):
            return link, hello
        link.close()
    raise OSError("the daemon of another version does not give way")


def _folder():
    """The folder where a daemon answers, else the best one: the environment of two logins may differ."""
    folders, reasons = runtime.candidates(), []
    for path in folders[1:] and folders:
        try:
            link = connect(runtime.checked(path)) if os.path.exists(runtime.socket_path(path)) else None
        except runtime.Refused:
            continue
        if link:
            link.close()
            return path
    for path in folders:
        try:
            return runtime.usable(path)
        except runtime.Refused as error:
            reasons.append(str(error))
    raise runtime.Refused("; ".join(reasons))


def connect(folder):
    """A connection to the daemon living in this folder, or None."""
    link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    link.settimeout(ANSWER_S)
    try:
        link.connect(runtime.socket_path(folder))
    except (FileNotFoundError, ConnectionRefusedError):
        link.close()
        return None
    return link


def _started(folder, sha):
    """Starts the daemon, unless another attach has done so while we waited for the lock."""
    lock = os.open(os.path.join(folder, "start.lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        end = time.monotonic() + 2 * launch.READY_S
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > end:
                    raise OSError("another process has been starting the daemon for too long")
                time.sleep(0.02)
        link = connect(folder)
        if link is None:
            launch.launch(folder, sha)
            link = connect(folder)
        if link is None:
            raise OSError("the daemon started but does not listen in %s" % folder)
        return link
    finally:
        os.close(lock)


def _hello(link):
    """Reads exactly one line, a byte past it would belong to the client."""
    line = b""
    try:
        while not line.endswith(b"\n"):
            part = link.recv(1)
            if not part:
                raise OSError("the daemon hung up before its hello")
            line += part
    except socket.timeout:
        raise OSError("the daemon does not answer (stopped or stuck?)")
    return line


def _retire(link):
    """Asks a daemon of another version to leave. It refuses while a kernel of it lives; then we use it as it is."""
    header = json.dumps({"id": 0, "method": "retire", "params": {}}).encode("utf-8")
    link.sendall(struct.pack(">II", len(header) + 4, len(header)) + header)
    size = struct.unpack(">I", _exactly(link, 4))[0]
    answer = json.loads(_exactly(link, size)[4:].decode("utf-8"))
    if not (answer.get("result") or {}).get("retiring"):
        return False
    while select.select([link], [], [], ANSWER_S)[0] and link.recv(4096):
        pass
    return True


def _exactly(link, size):
    data = b""
    while len(data) < size:
        part = link.recv(size - len(data))
        if not part:
            raise OSError("the daemon hung up")
        data += part
    return data
