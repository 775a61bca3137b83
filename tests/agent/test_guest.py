"""The walls around a guest's kernel, as a program behind them finds them. Linux, as root or with namespaces of users."""
import json
import os
import subprocess
import sys
import tempfile
import time
import unittest

AGENT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "agent")
LIMITS = {"seconds": 30, "cpuSeconds": 20, "memoryMb": 200, "diskMb": 16}


def behind(code, **limits):
    """Runs Python code behind the walls: (exit status, output, errors)."""
    config = json.dumps(dict(LIMITS, **limits))
    done = subprocess.run([sys.executable, AGENT, "guest", config, sys.executable, "-I", "-S", "-c", code],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    return done.returncode, done.stdout.decode().strip(), done.stderr.decode().strip()


class Walls(unittest.TestCase):
    def test_a_trial_says_that_they_stand(self):
        done = subprocess.run([sys.executable, AGENT, "guest", "try"], stdout=subprocess.PIPE, timeout=60)
        self.assertEqual(json.loads(done.stdout.decode()), {"ok": True, "problem": None})

    def test_its_end_is_the_programs_own(self):
        self.assertEqual(behind("import sys; print('hello'); sys.exit(7)"), (7, "hello", ""))
        self.assertEqual(behind("import os; os.kill(os.getpid(), 9)")[0], -9)

    def test_data_are_read_and_not_written(self):
        with tempfile.TemporaryDirectory() as folder:
            os.chmod(folder, 0o755)
            with open(os.path.join(folder, "a.csv"), "w") as file:
                file.write("1,2")
            code = ("import os\nprint(open('a.csv').read(), os.getcwd())\ntry:\n    open('a.csv', 'w')\n"
                    "except OSError as error:\n    print(error.strerror)\nopen('mine', 'w').close()")
            self.assertEqual(behind(code, data=folder), (0, "1,2 /example\nRead-only file system", ""))
            self.assertEqual(os.listdir(folder), ["a.csv"])

    def test_its_own_files_have_a_limit(self):
        code = "\nfor n in range(9):\n    open('f%d' % n, 'wb').write(b'x' * 4000000)"
        self.assertIn("No space left on device", behind(code)[2])

    def test_many_processes_share_one_limit_of_memory(self):
        code = ("import os, time\nfor n in range(4):\n    if os.fork() == 0:\n        kept = b'x' * 80000000\n"
                "        time.sleep(20)\ntime.sleep(20)")
        status, _, said = behind(code)
        self.assertEqual((status, said), (74, "A guest may use 200 MB of memory."))

    def test_what_leaves_its_group_ends_with_it(self):
        mark = "9%d.75" % os.getpid()
        code = "import subprocess, time\nsubprocess.Popen(['sleep', '%s'], start_new_session=True)\ntime.sleep(30)" % mark
        began = time.monotonic()
        self.assertEqual(behind(code, seconds=3)[0], 74)
        self.assertLess(time.monotonic() - began, 20)
        self.assertEqual(_with(mark), [])

    def test_when_the_watcher_is_killed_all_is(self):
        mark = "8%d.75" % os.getpid()
        program = "import subprocess\nsubprocess.run(['sleep', '%s'], start_new_session=True)" % mark
        watcher = subprocess.Popen([sys.executable, AGENT, "guest", json.dumps(LIMITS), sys.executable, "-c", program])
        end = time.monotonic() + 20
        while not _with("sleep " + mark) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertTrue(_with("sleep " + mark))
        watcher.kill()
        watcher.wait()
        while _with("sleep " + mark) and time.monotonic() < end:
            time.sleep(0.05)
        self.assertEqual(_with("sleep " + mark), [])


def _with(text):
    found = []
    for pid in (name for name in os.listdir("/proc") if name.isdigit()):
        try:
            with open("/proc/%s/cmdline" % pid, "rb") as file:
                if text in file.read().replace(b"\0", b" ").decode("utf-8", "replace"):
                    found.append(int(pid))
        except OSError:
            pass
    return found


if __name__ == "__main__":
    unittest.main()
