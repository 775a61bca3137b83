"""The program of a batch job as one file of text: a shell script that finds a Python and carries the agent within.

One file, so that a cluster without a shared file system needs nothing else, and nothing a person has typed is in it but
as JSON inside single quotes that cannot be left.
"""
import base64
import io
import json
import os
import re
import sys
import zipfile

_MARK = "ANSATZ-AGENT"
#: Writes the agent to a folder of the job's own and becomes it; argv: the script, its options, the command
_UNPACK = """
import base64, os, sys, tempfile
_, text, card = open(sys.argv[1]).read().split("\\n%s\\n")
names = ("_CONDOR_SCRATCH_DIR", "SLURM_TMPDIR", "TMPDIR")
places = [os.environ[name] for name in names if os.path.isdir(os.environ.get(name, ""))] + ["/tmp"]
folder = tempfile.mkdtemp(prefix="ansatz-", dir=places[0])
path = os.path.join(folder, "agent.pyz")
with open(path, "wb") as file:
    file.write(base64.b64decode(text))
if card.strip():
    with open(os.open(os.path.join(folder, "call"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(card)
os.execv(sys.executable, [sys.executable, path, sys.argv[3], folder, sys.argv[2]])
""" % _MARK

_SCRIPT = """#!/bin/sh
# Ansatz in a batch job: finds a Python, unpacks the agent below, becomes it.
PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}
export PATH
%(made)sfor python in %(python)s python3 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9 python3.8 /usr/bin/python3; do
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 8))' </dev/null >/dev/null 2>&1 || continue
  exec "$python" -c '%(unpack)s' "$0" '%(options)s' %(command)s
done
echo 'There is no Python 3.8 or newer on this node.' >&2
exit 96  # nothing below is read by the shell
%(mark)s
%(agent)s
%(mark)s
%(card)s
"""
_MAKE = '[ -z "$_CONDOR_SCRATCH_DIR" ] || : >"$_CONDOR_SCRATCH_DIR/%s"\n'
NO_PYTHON = 96


def script(options, card=None, command="worker", brought=()):
    """The text for a job: `options` are those of worker.main or of another command, `card` what it needs to call back. They are
    apart, since whoever is on the node can read a command line. `brought`: files that HTCondor takes back, which holds a job
    that has not made one."""
    text = json.dumps(options, sort_keys=True).replace("'", "\\u0027")
    python = sys.executable if re.match(r"[\w./+-]+\Z", sys.executable or "", re.ASCII) else "python3"
    return _SCRIPT % {"python": python, "unpack": _UNPACK, "options": text, "mark": _MARK, "command": command,
                      "made": "".join(_MAKE % name for name in brought),
                      "card": json.dumps(card) if card else "",
                      "agent": base64.encodebytes(_agent()).decode("ascii").strip()}


def _agent():
    """Ourselves as a zipapp; a checkout is packed."""
    program = os.path.dirname(os.path.abspath(__file__))
    if not os.path.isdir(program):
        with open(program, "rb") as file:
            return file.read()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(os.listdir(program)):
            if name.endswith(".py"):
                archive.write(os.path.join(program, name), name)
    return packed.getvalue()
