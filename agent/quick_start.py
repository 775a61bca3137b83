"""A new virtual environment with packages in it, made as a task: says how far it is and what came of it (see task)."""
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys

_PIP = ("-m", "pip", "install", "--disable-pip-version-check", "--no-input", "--progress-bar", "off",
        "--retries", "2", "--timeout", "20")
_SPACE = re.compile(r"No space left on device|Disk quota exceeded|\[Errno (28|122)\]")
_NETWORK = re.compile(r"Failed to establish a new connection|Connection(Error| refused)|Temporary failure in name|"
                      r"Network is unreachable|Read timed out|ConnectTimeout|ProxyError|Name or service not known|"
                      r"Max retries exceeded")
_UNKNOWN = re.compile(r"^ERROR: No matching distribution found for (.*)$", re.M)


class Failed(Exception):
    """It cannot be made; `code` says of which kind the reason is."""

    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def main(name, packages):
    """The command `quick-start NAME PACKAGE…`; what is half made is taken away again."""
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    folder = None
    try:
        if not re.match(r"^[A-Za-z0-9._-]{1,60}$", name):
            raise Failed("failed", "%s is no name for a folder" % name)
        step(0.02, "Making an environment")
        try:
            folder = free_folder(name)
        except OSError as error:
            raise Failed("no-space" if error.errno in (28, 122) else "failed", str(error))
        make(folder)
        step(0.15, "Fetching %s" % ", ".join(packages))
        code, words = run([os.path.join(folder, "bin", "python")] + list(_PIP) + list(packages))
        if code:
            raise Failed(*explained(words))
        step(0.95, "Looking at it")
        print("ANSATZ-RESULT " + json.dumps({"folder": folder}), flush=True)
        folder = None
        return 0
    except Failed as fault:
        print("ANSATZ-PROBLEM " + json.dumps({"code": fault.code, "message": str(fault)}), flush=True)
        return 1
    finally:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)


def step(part, text):
    """Tells how far it is."""
    print("ANSATZ-STEP %.2f %s" % (part, text), flush=True)


def free_folder(name):
    """Makes and returns ~/.ansatz/venv-NAME, with a number behind it where that is taken."""
    above = os.path.join(os.path.expanduser("~"), ".ansatz")
    os.makedirs(above, exist_ok=True)
    number = 1
    while True:
        folder = os.path.join(above, "venv-%s%s" % (name, "" if number == 1 else "-%d" % number))
        try:
            os.mkdir(folder)
            return folder
        except FileExistsError:
            number += 1


def make(folder):
    """The empty environment, by whichever module there is for it."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        module = "venv"
    elif importlib.util.find_spec("virtualenv"):
        module = "virtualenv"
    else:
        raise Failed("no-venv", "%s has no module to make environments with (venv, ensurepip)" % sys.executable)
    code, words = run([sys.executable, "-m", module, folder])
    if code:
        kind, message = explained(words)
        raise Failed("no-venv" if kind == "failed" and "ensurepip" in words else kind, message)


def run(argv):
    """(status, all it printed); what it prints is passed on line by line."""
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    words = []
    for line in child.stdout:
        text = line.decode("utf-8", "replace")
        words.append(text)
        sys.stdout.write(text)
        sys.stdout.flush()
    return child.wait(), "".join(words[-400:])


def explained(words):
    """(kind, sentence) of what a program said when it failed. Without a network pip also claims to know no package."""
    last = [line for line in words.splitlines() if line.strip()] or [""]
    if _SPACE.search(words):
        return "no-space", last[-1]
    if _NETWORK.search(words):
        return "no-network", last[-1]
    unknown = _UNKNOWN.search(words)
    if unknown:
        return "no-package", unknown.group(1)
    return "failed", last[-1]
