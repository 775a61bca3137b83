"""The agent runs on Python 3.8 with nothing installed."""
import ast
import glob
import os
import subprocess
import sys
import unittest

from harness import AGENT

#: Who may have threads: the plain kernel is a process of its own, no part of the daemon. Python runs signal handlers on
#: the main thread only, so an interrupt reaches the user's code there while another thread answers the sockets.
#: the files worker is a process of its own as well, where a disk that hangs must hold up one call alone.
THREADED = {"plain_wire.py", "files_worker.py", "files_list.py", "files_watch.py"}
#: Run by the Python of an environment, whose packages it is there to use.
FOREIGN = {"files_peek.py"}
OWN = {os.path.basename(path)[:-3] for path in glob.glob(os.path.join(AGENT, "*.py"))}


class SyntaxTest(unittest.TestCase):
    """By reading the sources."""

    def test_python_3_8(self):
        """As vermin sees it, library calls included."""
        vermin = [sys.executable, "-c", "import vermin; vermin.main()", "--no-tips", "-t=3.8-", AGENT]
        done = subprocess.run(vermin, stdout=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stdout.decode())

    def test_standard_library_only_and_no_threads(self):
        """No foreign import, none of what would bring threads onto the path of an event."""
        standard = getattr(sys, "stdlib_module_names", None)
        for path in glob.glob(os.path.join(AGENT, "*.py")):
            with open(path) as file:
                tree = ast.parse(file.read())
            names = {name.name.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
            names |= {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
            if os.path.basename(path) not in THREADED:
                self.assertFalse(names & {"threading", "concurrent", "multiprocessing"}, path)
            if standard and os.path.basename(path) not in FOREIGN:
                self.assertFalse(names - OWN - set(standard), path)
