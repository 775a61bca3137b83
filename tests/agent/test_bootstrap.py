"""From `python3 -c` to the hello line, over noise and on the machines one meets."""
import hashlib
import json
import os
import shutil
import struct
import subprocess
import sys

from harness import AGENT, AgentTest


class BootstrapTest(AgentTest):
    """With a cache folder per test."""

    def setUp(self):
        """The text as the gateway sends it."""
        super().setUp()
        self.env["XDG_CACHE_HOME"] = os.path.join(self.top, "cache")
        self.env["TMPDIR"] = os.path.join(self.top, "tmp")
        os.mkdir(self.env["TMPDIR"])
        self.env["HOME"] = self.top
        with open(self.program, "rb") as file:
            self.data = file.read()

    def boot(self, data, python=sys.executable, length=None, before="", env=None):
        """Runs the bootstrap in a shell with data on standard input; (exit status, {word: fields} of the lines, rest)."""
        with open(os.path.join(AGENT, "bootstrap.py")) as file:
            text = file.read()
        self.assertNotIn("'", text)
        text = text.replace("@SHA256@", self.sha).replace("@LENGTH@", str(length or len(self.data)))
        shell = before + "exec '%s' -c '%s'" % (python, text)
        done = subprocess.run(["sh", "-c", shell], input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=env or self.env, cwd=self.top, timeout=60)
        said, rest = {}, done.stdout
        while b"ANSATZ-" in rest:
            line, _, rest = rest[rest.index(b"ANSATZ-"):].partition(b"\n")
            word, fields = line.decode().split(" ", 1)
            said[word[7:]] = json.loads(fields)
        return done.returncode, said, rest

    def cached(self, folder="cache/ansatz"):
        """Where the agent is kept."""
        return os.path.join(self.top, folder, "agent-%s.pyz" % self.sha)

    def test_first_and_second_time(self):
        """Sent once; a frame that follows at once is not swallowed; banner noise is passed by."""
        ping = json.dumps({"id": 1, "method": "ping"}).encode()
        ping = struct.pack(">II", len(ping) + 4, len(ping)) + ping
        noise = "echo Welcome to the cluster; printf \"no newline\\n\"; "
        status, said, _ = self.boot(self.data + ping, before=noise)
        self.assertEqual((status, said["BOOT"]["have"]), (0, False))
        self.assertEqual((said["HELLO"]["agent"], said["HELLO"]["protocol"]), (self.sha, 1))
        for name in ("python", "host", "user", "pid", "boot"):
            self.assertIn(name, said["HELLO"])
        self.assertEqual(os.stat(os.path.dirname(self.cached())).st_mode & 0o777, 0o700)
        self.assertEqual(os.listdir(os.path.dirname(self.cached())), [os.path.basename(self.cached())])
        status, again, _ = self.boot(b"")
        self.assertEqual((status, again["BOOT"]["have"], again["HELLO"]["pid"]), (0, True, said["HELLO"]["pid"]))

    def test_damaged_cache_is_replaced(self):
        """A cached file is checked too."""
        os.makedirs(os.path.dirname(self.cached()), 0o700)
        with open(self.cached(), "wb") as file:
            file.write(self.data[:-1])
        status, said, _ = self.boot(self.data)
        self.assertEqual((status, said["BOOT"]["have"], said["HELLO"]["agent"]), (0, False, self.sha))
        with open(self.cached(), "rb") as file:
            self.assertEqual(hashlib.sha256(file.read()).hexdigest(), self.sha)

    def test_damaged_on_the_way(self):
        """Wrong bytes or too few are not run."""
        for data in (self.data[:-1] + b"!", self.data[:100]):
            status, said, _ = self.boot(data)
            self.assertEqual((status, said["FAIL"]["code"]), (97, "hash"))
            self.assertFalse(os.path.exists(self.cached()))

    def test_cache_not_writable(self):
        """A file where the folder should be: the temporary folder serves; when that fails too, the reason is given."""
        with open(os.path.join(self.top, "cache"), "w"):
            pass
        status, said, _ = self.boot(self.data)
        self.assertEqual((status, said["HELLO"]["agent"]), (0, self.sha))
        second = "tmp/ansatz-cache-%d" % os.geteuid()
        self.assertTrue(os.path.exists(self.cached(second)))
        self.assertEqual(said["PLACE"]["folder"], os.path.join(self.top, second))
        self.assertIn("cache", said["PLACE"]["reason"])
        self.assertTrue(self.boot(b"")[1]["BOOT"]["have"])
        os.unlink(os.path.join(self.top, "cache"))
        status, said, _ = self.boot(b"")
        self.assertNotIn("PLACE", said, "there is room at home again")
        self.assertTrue(os.path.exists(self.cached()))

    def test_a_folder_open_to_others_is_not_trusted(self):
        """Neither a link, nor a folder others may write to, is taken for the cache without being closed first."""
        os.makedirs(os.path.join(self.top, "cache", "ansatz"))
        os.chmod(os.path.join(self.top, "cache", "ansatz"), 0o777)
        shutil.copy(self.program, self.cached())
        self.assertFalse(self.boot(self.data)[1]["BOOT"]["have"])
        self.assertEqual(os.stat(os.path.dirname(self.cached())).st_mode & 0o777, 0o700)
        shutil.rmtree(os.path.join(self.top, "cache", "ansatz"))
        os.mkdir(os.path.join(self.top, "elsewhere"), 0o700)
        os.symlink(os.path.join(self.top, "elsewhere"), os.path.join(self.top, "cache", "ansatz"))
        self.assertIn("PLACE", self.boot(self.data)[1])
        self.assertEqual(os.listdir(os.path.join(self.top, "elsewhere")), [])

    def test_old_python(self):
        """An old interpreter says so, where there is one to try."""
        olds = [python for name in ("2.7", "3.6", "3.7") for python in [shutil.which("python" + name)]
                if python and subprocess.run([python, "-c", ""], stderr=subprocess.DEVNULL).returncode == 0]
        home = os.path.expanduser("~/.pyenv/versions")
        if os.path.isdir(home):
            olds += [os.path.join(home, name, "bin", "python") for name in os.listdir(home) if name[:3] in ("2.7", "3.6", "3.7")]
        if not olds:
            self.skipTest("no old Python here")
        for python in olds:
            status, said, _ = self.boot(self.data, python=python)
            self.assertEqual((status, said["FAIL"]["code"]), (96, "old-python"), python)

    def test_nothing_at_home_shadows_the_agent(self):
        """A json.py in the folder one lands in after login is not imported."""
        with open(os.path.join(self.top, "json.py"), "w") as file:
            file.write("raise SystemExit('shadowed')")
        self.assertEqual(self.boot(self.data)[0], 0)
