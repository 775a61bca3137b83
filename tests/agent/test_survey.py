"""What is found on a machine: each part as somebody watching the check list would want it told, hanging parts included."""
import json
import os
import subprocess
import sys
import unittest

from harness import AgentTest, lives, until


class SurveyTest(AgentTest):
    """With a home folder and a PATH of its own."""

    def setUp(self):
        """A home whose login scripts add a folder of programs."""
        super().setUp()
        self.home, self.programs = os.path.join(self.top, "home"), os.path.join(self.top, "programs")
        for folder in (self.home, self.programs):
            os.mkdir(folder)
        with open(os.path.join(self.home, ".profile"), "w") as file:
            file.write("echo welcome; read x; PATH=%s:$PATH\n" % self.programs)
        self.env.update(HOME=self.home, SHELL="/bin/sh", PATH=self.programs + ":" + os.environ["PATH"])
        self.env["ANSATZ_SURVEY_S"] = "60"  # a busy machine is no hanging one

    def fake(self, name, lines):
        """A stand-in for a program that this machine does not have."""
        path = os.path.join(self.programs, name)
        with open(path, "w") as file:
            file.write("#!/bin/sh\n" + lines)
        os.chmod(path, 0o755)

    def test_plain_machine(self):
        """The disk is the real one; nothing is left behind in the home folder."""
        found = self.link().call("survey")
        known = os.statvfs(self.home)
        self.assertEqual((found["disk"]["path"], found["disk"]["total"]), (self.home, known.f_blocks * known.f_frsize))
        self.assertEqual((found["disk"]["writable"], found["disk"]["problem"]), (True, None))
        self.assertGreater(found["disk"]["free"], 0)
        self.assertEqual(os.listdir(self.home), [".profile"])
        self.assertGreaterEqual(found["kernels"], 1)  # the ipykernel of the tests' Python
        self.assertGreater(found["cores"] * found["memory"], 0)
        self.assertEqual(found["batch"] + found["gpus"], [])

    def test_batch_systems_of_the_login_shell(self):
        """Fake condor_version and scontrol, found through a PATH that only login scripts set."""
        self.env["PATH"] = os.environ["PATH"]
        self.fake("condor_version", "echo '$CondorVersion: 23.9.6 2024-08-08 BuildID: Debian $'; echo '$Platform: x $'")
        self.fake("scontrol", "echo slurm-wlm 22.05.8")
        self.assertEqual(self.link().call("survey")["batch"], [
            {"kind": "htcondor", "version": "23.9.6"}, {"kind": "slurm", "version": "22.05.8"}])

    def test_gpus(self):
        """A fake nvidia-smi."""
        self.fake("nvidia-smi", "echo '0, NVIDIA A100-SXM4-40GB, 40960'; echo '1, NVIDIA T4, [N/A]'")
        self.assertEqual(self.link().call("survey")["gpus"], [
            {"index": 0, "name": "NVIDIA A100-SXM4-40GB", "memory": 40960 << 20},
            {"index": 1, "name": "NVIDIA T4", "memory": 0}])

    def test_what_hangs_holds_nobody(self):
        """A driver that never answers: the daemon goes on answering, the other parts are told, the process is gone."""
        self.fake("nvidia-smi", "echo $$ > %s/pid; exec sleep 600" % self.top)
        del self.env["ANSATZ_SURVEY_S"]
        link = self.link()
        number = link.post("survey")
        link.call("ping")
        self.assertNotIn(number, link.replies)
        found = link.answer(number)["result"]
        self.assertEqual((found["gpus"], found["disk"]["path"]), ([], self.home))
        with open(os.path.join(self.top, "pid")) as file:
            pid = int(file.read())
        until(lambda: not lives(pid))

    @unittest.skipUnless(os.geteuid() == 0, "mounting needs root")
    def test_full_and_read_only_homes(self):
        """Real file systems: the words say which of the two it is."""
        for options, words in (("size=40k", "full"), ("ro", "read-only")):
            home = os.path.join(self.top, words)
            os.mkdir(home)
            subprocess.check_call(["mount", "-t", "tmpfs", "-o", options, "none", home])
            self.addCleanup(subprocess.check_call, ["umount", home])
            done = subprocess.run([sys.executable, self.program, "survey", "disk"], input=b"[]", stdout=subprocess.PIPE,
                                  env=dict(self.env, HOME=home))
            found = json.loads(done.stdout.decode())
            self.assertFalse(found["writable"])
            self.assertIn(words, found["problem"])
