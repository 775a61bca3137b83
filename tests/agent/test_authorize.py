"""A line in authorized_keys: once, whole, and only in a file that is the account's own."""
import os
import stat
import tempfile
import unittest

import harness  # noqa: F401  (finds the agent)
from authorize import authorize
from kernel import Unwilling

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAI" + "A" * 43
LINE = "ssh-ed25519 %s ansatz Firefox on Linux" % KEY
OTHER = "ssh-ed25519 %s somebody" % KEY.replace("IAAA", "IBBB")


class AuthorizeTest(unittest.TestCase):
    """Each in a home of its own."""

    def setUp(self):
        """An empty home."""
        self._folder = tempfile.TemporaryDirectory()
        self.addCleanup(self._folder.cleanup)
        self.home = self._folder.name
        self.path = os.path.join(self.home, ".ssh", "authorized_keys")

    def write(self, text, mode=0o600):
        """The file as it was before."""
        os.makedirs(os.path.dirname(self.path), 0o700, exist_ok=True)
        with open(self.path, "w") as file:
            file.write(text)
        os.chmod(self.path, mode)

    def read(self):
        """The file as it is."""
        with open(self.path) as file:
            return file.read()

    def mode(self, path):
        """Its permissions."""
        return stat.S_IMODE(os.lstat(path).st_mode)

    def test_new(self):
        """Folder and file are made for the account alone, whatever the umask."""
        before = os.umask(0)
        self.addCleanup(os.umask, before)
        self.assertTrue(authorize(LINE, self.home))
        self.assertEqual(self.read(), LINE + "\n")
        self.assertEqual((self.mode(os.path.dirname(self.path)), self.mode(self.path)), (0o700, 0o600))

    def test_once(self):
        """The same key again adds nothing, also with options or another comment; a line that is commented out does not count."""
        self.write("# mine\n\nrestrict ssh-ed25519 %s other words\n" % KEY)
        self.assertFalse(authorize(LINE, self.home))
        self.write("# ssh-ed25519 %s\n" % KEY)
        self.assertTrue(authorize(LINE, self.home))
        self.assertFalse(authorize(LINE, self.home))
        self.assertEqual(self.read().count(KEY), 2)

    def test_last_line_without_end(self):
        """It stays a line of its own."""
        self.write(OTHER)
        self.assertTrue(authorize(LINE, self.home))
        self.assertEqual(self.read(), OTHER + "\n" + LINE + "\n")

    def test_others_may_not_write(self):
        """sshd would not believe such a file."""
        self.write(OTHER + "\n", 0o666)
        os.chmod(os.path.dirname(self.path), 0o777)
        self.assertTrue(authorize(LINE, self.home))
        self.assertEqual((self.mode(os.path.dirname(self.path)), self.mode(self.path)), (0o755, 0o644))

    def test_refused_lines(self):
        """Nothing but one line of a key comes in."""
        for line in ("", "x", LINE + "\n", LINE + "\ncommand=\"rm\" " + OTHER, "ssh-ed25519 " + KEY + "\u2028x",
                     'command="x" ' + LINE, "ssh-rsa " + KEY, LINE + "\0", "ssh-ed25519 AAAA", " " + LINE, LINE.replace(" ", "\t", 1)):
            with self.assertRaises(Unwilling):
                authorize(line, self.home)
        self.assertFalse(os.path.exists(self.path))

    def test_links_and_others(self):
        """A link, a folder or a pipe in its place, and a folder that is a link, are left alone."""
        elsewhere = os.path.join(self.home, "elsewhere")
        os.makedirs(os.path.dirname(self.path), 0o700)
        with open(elsewhere, "w"):
            pass
        for make in (lambda: os.symlink(elsewhere, self.path), lambda: os.mkdir(self.path), lambda: os.mkfifo(self.path)):
            make()
            with self.assertRaises(Unwilling) as caught:
                authorize(LINE, self.home)
            self.assertIn("authorized_keys", str(caught.exception))
            os.rmdir(self.path) if os.path.isdir(self.path) else os.unlink(self.path)
        os.rmdir(os.path.dirname(self.path))
        os.mkdir(os.path.join(self.home, "dir"))
        os.symlink(os.path.join(self.home, "dir"), os.path.dirname(self.path))
        with self.assertRaises(Unwilling):
            authorize(LINE, self.home)
        self.assertEqual((os.path.getsize(elsewhere), os.listdir(os.path.join(self.home, "dir"))), (0, []))

    def test_no_room(self):
        """What did not fit whole is taken away again."""
        import resource
        import signal
        self.write(OTHER + "\n")
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        self.addCleanup(signal.signal, signal.SIGXFSZ, signal.SIG_DFL)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(OTHER) + 20, hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_FSIZE, (soft, hard))
        with self.assertRaises(Unwilling):
            authorize(LINE, self.home)
        self.assertEqual(self.read(), OTHER + "\n")


if __name__ == "__main__":
    unittest.main()
