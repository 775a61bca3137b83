"""What is in an environment, said by its own Python: run by the command `probe` through the lines that set it up."""
import importlib.util
import json
import os
import platform
import sys

import kernelspecs

#: For sh: the agent as first argument, run by the Python that the lines before have put first. Without one it says so
FIND = '''for p in python3 python; do
if "$p" -c 'import sys; sys.exit(sys.version_info < (3, 8))' 2>/dev/null; then exec "$p" "$1" probe; fi
v=$("$p" -c 'import sys; sys.stdout.write(sys.version.split()[0])' 2>/dev/null) && old=$v
done
echo "ANSATZ-RESULT {\\"python\\": null, \\"old\\": \\"$old\\"}"'''


def main():
    """Prints the result: version, prefix, ipykernel's version, and the kernelspecs that belong to this environment."""
    kernels = kernelspecs.inside()
    for spec in kernels:  # of an agent that may be another one by the time the kernel is started
        spec["argv"] = ["{agent}" if word == os.path.dirname(os.path.abspath(__file__)) else word for word in spec["argv"]]
    found = {"python": platform.python_version(), "prefix": sys.prefix, "ipykernel": _ipykernel(),
             "kernels": kernels}
    print("\nANSATZ-RESULT " + json.dumps(found), flush=True)
    return 0


def _ipykernel():
    if not importlib.util.find_spec("ipykernel"):
        return None
    try:
        return str(importlib.import_module("ipykernel").__version__)
    except Exception:  # half installed, or for another Python
        return None
