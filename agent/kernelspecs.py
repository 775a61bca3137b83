"""Which kernels can be started here: Jupyter's own folders, and the environments somebody named.

Runs in a process of its own (see methods.kernelspecs): a list of environments on standard input, the answer on standard
output. Where ipykernel can be imported and nobody has registered it, a kernelspec is made up. Where it cannot, there is
our plain kernel; this machine's own Python has it in any case, as the last. Names are unique among all of them.
"""
import importlib.util
import json
import os
import re
import string
import subprocess
import sys

IMPORT_S = 15
PLAIN = "ansatz-python"
#: Ends with 0 where ipykernel works, with 3 where there is only Python, with 4 where that is too old
_TRIAL = '''
import sys
try:
    import ipykernel
except Exception:
    sys.exit(3 if sys.version_info >= (3, 8) else 4)
'''


def data_paths():
    """Jupyter's data folders in the order in which they win."""
    paths = [path for path in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if path]
    home = os.path.expanduser("~")
    paths.append(os.environ.get("JUPYTER_DATA_DIR") or (
        os.path.join(home, "Library", "Jupyter") if sys.platform == "darwin" else
        os.path.join(os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share"), "jupyter")))
    for prefix in (sys.prefix, os.environ.get("CONDA_PREFIX"), os.environ.get("VIRTUAL_ENV"), "/usr/local", "/usr"):
        if prefix:
            paths.append(os.path.join(prefix, "share", "jupyter"))
    return list(dict.fromkeys(os.path.abspath(path) for path in paths))


def discover(environments):
    """{specs, problems} for this machine and the named environments."""
    specs, problems, names = [], [], set()
    for path in data_paths():
        for spec in _folder(os.path.join(path, "kernels"), _prefix(path), None, problems):
            if spec["name"] not in names:
                names.add(spec["name"])
                specs.append(spec)
    if importlib.util.find_spec("ipykernel") and not any(_same(spec["argv"][0], sys.executable) for spec in specs):
        specs.insert(0, _made_up(sys.executable, "Python 3 (ipykernel)", None))
    specs.append(_plain(sys.executable, "Python 3 (plain)", None))
    for environment in environments:
        folder = os.path.abspath(os.path.expanduser(environment))
        found = list(_folder(os.path.join(folder, "share", "jupyter", "kernels"), folder, environment, problems))
        python = os.path.join(folder, "bin", "python")
        if not os.path.isdir(folder):
            problems.append({"path": folder, "message": "there is no such folder"})
        elif not any(spec["language"] == "python" for spec in found) and os.path.exists(python):
            found += _tried(python, folder, environment, problems)
        specs.extend(found)
    return {"specs": _told_apart(specs), "problems": problems}


def inside():
    """Specs that belong to the environment this Python runs in, and not to the account, whose kernels are known anyway."""
    prefixes = [sys.prefix, os.environ.get("CONDA_PREFIX"), os.environ.get("VIRTUAL_ENV")]
    paths = [path for path in os.environ.get("JUPYTER_PATH", "").split(os.pathsep) if path]
    paths += [os.path.join(prefix, "share", "jupyter") for prefix in prefixes if prefix]
    specs, names = [], set()
    for path in dict.fromkeys(os.path.abspath(path) for path in paths):
        for spec in _folder(os.path.join(path, "kernels"), _prefix(path), None, []):
            if spec["name"] not in names:
                names.add(spec["name"])
                specs.append(spec)
    if any(spec["language"] == "python" for spec in specs):
        return specs
    if importlib.util.find_spec("ipykernel"):
        return [_made_up(sys.executable, "Python 3 (ipykernel)", None)] + specs
    return [_plain(sys.executable, "Python 3 (plain)", None)] + specs


def _prefix(path):
    """The environment that a data folder belongs to, None for a person's own."""
    head, tail = os.path.split(path)
    prefix, share = os.path.split(head)
    known = os.path.basename(prefix) != ".local" and (tail, share) == ("jupyter", "share")
    return prefix if known else None


def _folder(folder, prefix, environment, problems):
    """The kernelspecs in one folder; broken ones are skipped and told."""
    try:
        names = sorted(os.listdir(folder))
    except OSError:
        return
    for name in names:
        path = os.path.join(folder, name, "kernel.json")
        if not re.match(r"^[A-Za-z0-9._-]+$", name) or not os.path.exists(path):
            continue
        try:
            with open(path, encoding="utf-8") as file:
                yield _spec(name.lower(), json.load(file), os.path.dirname(path), prefix, environment)
        except (OSError, ValueError, RecursionError) as error:
            problems.append({"path": path, "message": str(error)})


def _spec(name, raw, resources, prefix, environment):
    if not isinstance(raw, dict):
        raise ValueError("it is not an object")
    argv, env = raw.get("argv"), raw.get("env", {})
    if not isinstance(argv, list) or not argv or not all(isinstance(word, str) for word in argv):
        raise ValueError("argv is not a list of words")
    if not isinstance(env, dict) or not all(isinstance(value, str) for value in env.values()):
        raise ValueError("env is not an object of texts")
    mode = raw.get("interrupt_mode", "signal")
    return {
        "name": name, "displayName": str(raw.get("display_name") or name), "language": str(raw.get("language", "")),
        "argv": [_python(argv[0], prefix)] + [word.replace("{resource_dir}", resources) for word in argv[1:]],
        "env": {key: string.Template(value).safe_substitute(os.environ) for key, value in env.items()},
        "interruptMode": mode if mode in ("signal", "message") else "signal", "environment": environment,
    }


def _python(word, prefix):
    """`python` means that of the environment the kernelspec was found in, as Jupyter does it."""
    if not re.match(r"^python(3(\.\d+)?)?$", word):
        return word
    if prefix:
        for name in (word, "python3", "python"):
            path = os.path.join(prefix, "bin", name)
            if os.path.exists(path):
                return path
    return sys.executable


def _made_up(python, title, environment):
    return {"name": "python3", "displayName": title, "language": "python", "env": {}, "interruptMode": "signal",
            "argv": [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"], "environment": environment}


def _same(one, other):
    """Two names of one interpreter. The folder decides: the python of a venv is a link to that of the system."""
    folders = [os.path.realpath(os.path.dirname(os.path.abspath(path))) for path in (one, other)]
    return folders[0] == folders[1] and os.path.basename(one).startswith("python")


def _plain(python, title, environment):
    """Our own kernel, run by a Python that may have nothing else."""
    return {"name": PLAIN, "displayName": title, "language": "python", "env": {}, "interruptMode": "signal",
            "argv": [python, os.path.dirname(os.path.abspath(__file__)), "kernel", "{connection_file}"],
            "environment": environment}


def _tried(python, folder, environment, problems):
    """The kernelspec for an environment's Python; none, and a problem, where it hangs or is too old."""
    title = os.path.basename(folder)
    try:
        code = subprocess.run([python, "-c", _TRIAL], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=IMPORT_S).returncode
    except (OSError, subprocess.TimeoutExpired) as error:
        problems.append({"path": folder, "message": str(error)})
        return []
    if code == 0:
        return [_made_up(python, "Python 3 (%s)" % title, environment)]
    if code == 3:
        return [_plain(python, "Python 3 (%s, plain)" % title, environment)]
    message = "its Python is older than 3.8" if code == 4 else "its Python does not work"
    problems.append({"path": folder, "message": message})
    return []


def _told_apart(specs):
    """A name taken already gets that of its environment behind it, and a number if need be: they are chosen by name."""
    names = set()
    for spec in specs:
        name, number = spec["name"], 1
        if name in names and spec["environment"]:
            base = os.path.basename(os.path.normpath(spec["environment"]))
            name = spec["name"] = "%s-%s" % (name, re.sub(r"[^a-z0-9._-]+", "-", base.lower()))
        while spec["name"] in names:
            number += 1
            spec["name"] = "%s-%d" % (name, number)
        names.add(spec["name"])
    return specs


def main():
    """The command `kernelspecs`."""
    answer = discover(json.loads(sys.stdin.read() or "[]"))
    sys.stdout.write(json.dumps(answer))
    return 0
