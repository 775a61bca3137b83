"""What is written to HTCondor and Slurm and what they say, without either. The texts they print here are theirs."""
import json
import subprocess
import sys
import tempfile
import unittest

import harness  # puts the agent on the path, so it comes first
import htcondor
import job_script
import scheduler
from slurm import Slurm, megabytes, minutes, tasks

CONDOR, SLURM = htcondor.HTCondor(), Slurm()
LOG = """000 (002.000.000) 2026-11-25 20:57:46 Job submitted from host: <127.0.0.1:7145?addrs=127.0.0.1-7145>
...
040 (002.000.000) 2026-11-25 20:57:46 Started transferring input files
\tTransferring to host: <127.0.0.1:7145?addrs=127.0.0.1-7145>
...
001 (002.000.000) 2026-11-25 20:57:46 Job executing on host: <127.0.0.1:7145?addrs=127.0.0.1-7145>
\tSlotName: slot1_1@condor.test
\tCondorScratchDir = "/var/lib/condor/execute/dir_159"
\tCpus = 1
...
006 (002.000.000) 2026-11-25 20:57:47 Image size of job updated: 18132
\t0  -  MemoryUsage of job (MB)
...
004 (002.000.000) 2026-11-25 20:57:47 Job was evicted.
\t(0) CPU times
\t\tUsr 0 00:00:00, Sys 0 00:00:00  -  Run Remote Usage
...
009 (002.000.000) 2026-11-25 20:57:47 Job was aborted.
\tvia condor_rm (by user ada)
...
005 (003.000.000) 2026-11-25 20:59:48 Job terminated.
\t(1) Normal termination (return value 0)
\t\tUsr 0 00:00:01, Sys 0 00:00:00  -  Run Remote Usage
...
012 (004.000.000) 2026-11-25 20:59:48 Job was held.
\tThe job exceeded allowed job duration of 0+00:02:00
\tCode 46 Subcode 0
...
012 (004.000.000) 2026-11-25 20:59:48 Job was held.
\tJob has gone over cgroup memory limit of 200 megabytes. Last measured usage: 199 megabytes.
\tCode 34 Subcode 102
...
012 (004.000.000) 2026-11-25 20:59:48 Job was held.
\tvia condor_hold (by user ada)
\tCode 1 Subcode 0
...
"""


def about(**more):
    """Resources as they come from a client."""
    return scheduler.resources(dict({"scheduler": "htcondor", "cpus": 2, "memory": 2000, "walltime": 60}, **more))


class ResourcesTest(unittest.TestCase):
    """Nothing a person has typed leaves its place."""

    def test_refused(self):
        """Lines, quotations, options, and numbers that are none."""
        for name, value in (("account", "a\nqueue 100"), ("partition", "a b"), ("container", "x;y"), ("gpuType", "a'b"),
                            ("account", "--uid=root"), ("account", "ä"), ("requirements", "a\nqueue"), ("requirements", "a\rb"),
                            ("requirements", "x" * 1001), ("cpus", 0.5), ("cpus", "2"), ("memory", -1), ("gpus", 65),
                            ("walltime", True), ("scheduler", None), ("requirements", "a\u2028b"), ("account", "a\n")):
            with self.subTest(name=name, value=value), self.assertRaises(scheduler.Unfit):
                about(**{name: value})

    def test_ids(self):
        """What may name a job in a command."""
        for text, fits in (("12", True), ("12.0", True), ("12_[1-3]", True), ("-all", False), ("12 13", False), ("", False),
                           ("1\n", False)):
            self.assertEqual(bool(scheduler.IDENTITY.match(text)), fits, text)


class HTCondorTest(unittest.TestCase):
    """Texts and parsers of HTCondor."""

    def test_arguments(self):
        """The new syntax of its manual."""
        for words, text in (([], '""'), (["a"], '"a"'), (["a b"], '''"'a b'"'''), (["a'b"], '''"'a''b'"'''), ([""], '''"''"'''),
                            (['a"b'], '"a""b"'), (["one", "two words", 'say "hi"'], '''"one 'two words' 'say ""hi""'"'''),
                            (["a\tb"], '''"'a\tb'"''')):
            self.assertEqual(htcondor.quoted(words), text)

    def test_description(self):
        """Each wish is one line, a macro is none, and a job of ours starts once."""
        text = htcondor.description(about(gpus=1, gpuType="A100", account="phys.a", container="docker://x/y:1",
                                          requirements='Machine != "a" && x == "$(HOME)" \\'), "ansatz k 12345678")
        lines = text.split("\n")
        for line in ("universe = container", "container_image = docker://x/y:1", "request_gpus = 1", "request_memory = 2000",
                     'require_gpus = regexp("A100", DeviceName)', "accounting_group = phys.a", "allowed_job_duration = 3720", "+WantIOProxy = true",
                     'requirements = %s && (Machine != "a" && x == "$(DOLLAR)(HOME)" \\)' % htcondor.ONCE, "kill_sig = SIGTERM",
                     "periodic_remove = NumJobStarts > 0 && (JobStatus == 1 || JobStatus == 5)"):
            self.assertIn(line, lines)
        self.assertEqual(lines[-2:], ["queue", ""])
        self.assertEqual(text.count("queue"), 1)
        self.assertIn('transfer_output_files = ""', lines)
        carried = htcondor.description(about(), "x", ("a", "b"), ("c",)).split("\n")
        for line in ("transfer_input_files = worker.sh, a, b", "transfer_output_files = c", "when_to_transfer_output = ON_EXIT",
                     "+WantIOProxy = true"):
            self.assertIn(line, carried)
        plain = htcondor.description(about(memory=0, walltime=0), "x")
        for word in ("WantIOProxy", "request_memory", "request_gpus", "allowed_job", "accounting", "container"):
            self.assertNotIn(word, plain)

    def test_submitted(self):
        """`condor_submit -terse`, warnings before it included."""
        self.assertEqual(CONDOR.submitted("WARNING: x\n12.0 - 12.0\n"), "12.0")
        self.assertIsNone(CONDOR.submitted("ERROR: no\n"))

    def test_log(self):
        """Events as they were written, a half one left for later."""
        found, taken = CONDOR.news(LOG + "009 (002.000.000) 2026")
        self.assertEqual(taken, len(LOG))
        self.assertEqual([(each["id"], each["state"], each["end"]) for each in found], [
            ("2.0", "queued", None), ("2.0", "running", None), ("2.0", "queued", "evicted"), ("2.0", "ended", "removed"),
            ("3.0", "ended", "finished"), ("4.0", "held", "walltime"), ("4.0", "held", "out-of-memory"), ("4.0", "held", "held")])
        self.assertEqual((found[1]["node"], found[3]["words"]), ("condor.test", "via condor_rm (by user ada)"))
        self.assertEqual(found[4]["words"], "Normal termination (return value 0)")
        for at in range(len(LOG)):  # cut anywhere, nothing is lost or said twice
            first, taken = CONDOR.news(LOG[:at])
            self.assertEqual(first + CONDOR.news(LOG[taken:])[0], found)

    def test_jobs(self):
        """`condor_q -json`; nothing at all where there are none."""
        self.assertEqual(CONDOR.jobs(""), [])
        ads = [{"ClusterId": 1, "ProcId": 0, "JobStatus": 1, "QDate": 5, "RequestCpus": 2, "RequestMemory": 100},
               {"ClusterId": 2, "ProcId": 0, "JobStatus": 2, "RemoteHost": "slot1_1@n.x", "JobBatchName": "ansatz k"},
               {"ClusterId": 3, "ProcId": 1, "JobStatus": 5, "HoldReason": "why", "NumJobStarts": 0},
               {"ClusterId": 4, "ProcId": 0, "JobStatus": 1, "NumJobStarts": 1},
               {"ClusterId": 5, "ProcId": 0, "JobStatus": 3, "RemoveReason": "via condor_rm (by user ada)"},
               {"ClusterId": 6, "ProcId": 0, "JobStatus": 3, "RemoveReason": "The job attribute PeriodicRemove expression x"},
               {"ClusterId": 7, "ProcId": 0, "JobStatus": 4, "ExitBySignal": True, "ExitSignal": 9}]
        found = CONDOR.jobs(json.dumps(ads))
        self.assertEqual([(each["id"], each["state"], each["end"]) for each in found], [
            ("1.0", "queued", None), ("2.0", "running", None), ("3.1", "held", None), ("4.0", "queued", "evicted"),
            ("5.0", "ended", "removed"), ("6.0", "ended", "evicted"), ("7.0", "ended", "finished")])
        self.assertEqual((found[1]["node"], found[2]["words"], found[6]["words"]), ("n.x", "why", "signal 9"))

    def test_pool(self):
        """A partitionable slot with a part in use, a whole one that is taken."""
        slots = [{"Machine": "a", "SlotType": "Partitionable", "State": "Unclaimed", "Cpus": 6, "TotalSlotCpus": 8, "GPUs": 1,
                  "TotalSlotGPUs": 2, "TotalSlotMemory": 64000, "GPUs_DeviceName": "NVIDIA A100"},
                 {"Machine": "b", "SlotType": "Static", "State": "Claimed", "Cpus": 1, "Memory": 2000}]
        part = CONDOR.partitions(json.dumps(slots))[0]
        self.assertEqual((part["nodes"], part["cpus"], part["cpusFree"], part["gpus"], part["gpusFree"], part["gpuTypes"]),
                         (2, 9, 6, 2, 1, ["NVIDIA A100"]))
        self.assertEqual(part["memory"], 64000)


class SlurmTest(unittest.TestCase):
    """Texts and parsers of Slurm."""

    def test_submit(self):
        """A list of words."""
        words = SLURM.submit("/x", about(gpus=2, gpuType="a100", partition="long", account="phys", requirements="skylake&ib"), "n n")
        for word in ("--no-requeue", "--job-name=n n", "--cpus-per-task=2", "--mem=2000M", "--gres=gpu:a100:2", "--time=62",
                     "--partition=long", "--account=phys", "--constraint=skylake&ib"):
            self.assertIn(word, words)
        self.assertEqual(words[-1], "worker.sh")
        self.assertEqual(SLURM.submitted("sbatch: note\n123;cluster\n"), "123")
        self.assertIsNone(SLURM.submitted("sbatch: error\n"))

    def test_states(self):
        """Slurm's words and ours; a bar in a name stays there."""
        rows = [("PENDING", "Resources", "queued", "Resources", None), ("PENDING", "JobHeldUser", "held", "JobHeldUser", None),
                ("PENDING", "None", "queued", "", None), ("RUNNING", "None", "running", "", None),
                ("CONFIGURING", "None", "running", "", None), ("COMPLETING", "None", "other", "", None),
                ("TIMEOUT", "TimeLimit", "ended", "TIMEOUT (TimeLimit)", "walltime"), ("CANCELLED", "None", "ended", "CANCELLED", "removed"),
                ("OUT_OF_MEMORY", "OutOfMemory", "ended", "OUT_OF_MEMORY (OutOfMemory)", "out-of-memory"),
                ("PREEMPTED", "None", "ended", "PREEMPTED", "evicted"), ("NODE_FAIL", "None", "ended", "NODE_FAIL", "node-failed"),
                ("COMPLETED", "None", "ended", "COMPLETED", "finished"), ("REQUEUE_HOLD", "x", "held", "x", None)]
        text = "".join("%d|%s|%s|n1|100|200|500|2|4G|gres:gpu:a100:2|1:02:00|a|b\n" % (at, row[0], row[1]) for at, row in enumerate(rows))
        for row, each in zip(rows, SLURM.jobs(text)):
            self.assertEqual((each["state"], each["words"], each["end"]), row[2:], row)
            self.assertEqual((each["name"], each["cpus"], each["memory"], each["gpus"]), ("a|b", 2, 4096, 2))
            self.assertEqual(each["limit"], 3720)
        self.assertEqual([SLURM.jobs(text)[at]["expected"] for at in (0, 3)], [200, None])

    def test_ahead(self):
        """By priority, then by number; within the partition; what cannot run and what is ours alone apart."""
        text = "".join(line + "\n" for line in (
            "10|main|500|Resources", "11|main|900|Priority", "12|main,gpu|500|Priority", "13|gpu|800|Priority",
            "14|main|500|Priority", "15_[1-3,7%2]|gpu|600|Priority", "16|main|0|JobHeldUser", "17|main|950|Dependency",
            "18|long|999|Priority", "19|main|500|BeginTime", "broken"))
        self.assertEqual(SLURM.ahead(text, {"11", "12", "14", "13", "19", "77"}), {"11": 0, "12": 7, "14": 3, "13": 0})
        self.assertEqual(SLURM.ahead("", {"1"}), {})
        self.assertEqual([tasks(text) for text in ("12", "12_4", "12_[1-3,7]", "12_[0-8:2%2]", "12_[5]")], [1, 1, 4, 5, 1])

    def test_rights(self):
        """`scontrol show config`."""
        for level, owner, extends in (("Operator", "slurm(64030)", True), ("None", "slurm(64030)", False), ("", "slurm(64030)", False),
                                      ("Administrator", "x(1)", True), ("", "ada(1000)", True), ("", "adam(1000)", False)):
            texts = {"config": "SlurmUser               = %s\n" % owner, "level": level + "\n"}
            self.assertEqual(SLURM.read_rights(texts, "ada")["extends"], extends, texts)
        self.assertEqual(SLURM.extend("7", 3725), ["scontrol", "update", "JobId=7", "TimeLimit=63"])
        for said, seen in (("none", True), ("accounts,usage", True), ("jobs,usage", False), ("all", False)):
            self.assertEqual(SLURM.read_rights({"config": "X = 1\nPrivateData             = %s\nY = 2\n" % said, "level": ""},
                                               "ada")["seen"], seen)
        self.assertFalse(SLURM.read_rights({"config": "", "level": ""}, "ada")["seen"])

    def test_past(self):
        """`scontrol -o show job`."""
        found = SLURM.ended("JobId=7 JobName=x JobState=FAILED Reason=NonZeroExitCode Dependency=(null) ExitCode=96:0 BatchHost=n1")
        self.assertEqual((found["end"], found["words"], found["node"]), ("finished", "FAILED (NonZeroExitCode), exit status 96:0", "n1"))
        self.assertIsNone(SLURM.ended("slurm_load_jobs error: Invalid job id specified"))

    def test_units(self):
        """Times and sizes."""
        self.assertEqual([minutes(text) for text in ("infinite", "1-00:00:00", "2:30:00", "30:00", "n/a")], [None, 1440, 150, 30, None])
        self.assertEqual([megabytes(text) for text in ("4G", "500M", "1.50T", "2000", "2048K", "")], [4096, 500, 1572864, 2000, 2, None])

    def test_partitions(self):
        """`sinfo --Format` in columns, a node in two partitions, one that is down."""
        def line(*words):
            return "".join(word.ljust(width) for word, width in zip(words, (60, 80, 20, 40, 20, 200, 200, 30, 60)))
        text = "\n".join([line("main*", "n1", "mix", "2/6/0/8", "64000", "gpu:a100:4(S:0-1)", "gpu:a100:1(IDX:0)", "1-00:00:00", "main"),
                          line("main*", "n2", "down*", "0/0/8/8", "32000", "(null)", "gpu:0", "1-00:00:00", "main"),
                          line("long", "n1", "mix", "2/6/0/8", "64000", "gpu:4", "gpu:1", "infinite", "long")])
        main, long = SLURM.partitions(text)
        self.assertEqual((main["name"], main["isDefault"], main["nodes"], main["cpus"], main["cpusFree"], main["memory"]),
                         ("main", True, 2, 16, 6, 64000))
        self.assertEqual((main["gpus"], main["gpusFree"], main["gpuTypes"], main["walltime"]), (4, 3, ["a100"], 1440))
        self.assertEqual((long["isDefault"], long["gpus"], long["gpusFree"], long["gpuTypes"], long["walltime"]), (False, 4, 3, [], None))


class ScriptTest(unittest.TestCase):
    """The program of a job."""

    def test_shell(self):
        """It is a script that the shell takes, whatever the options hold; the options arrive."""
        options = {"token": "a'b\"; rm -rf / $(x) `y` \\ \n z", "walltime": 0}
        text = job_script.script(options)
        with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
            file.write(text)
            file.flush()
            self.assertEqual(subprocess.run(["/bin/sh", "-n", file.name]).returncode, 0)
            shown = text.replace("os.execv(sys.executable, [sys.executable, path,", "os.execv(sys.executable, [sys.executable, \"-c\", "
                                 "\"import sys; print(sys.argv[3])\",")
            with open(file.name, "w") as again:
                again.write(shown)
            out = subprocess.run(["/bin/sh", file.name], stdout=subprocess.PIPE).stdout
            self.assertEqual(json.loads(out.decode()), options)

    def test_no_python(self):
        """Where there is none, it says so with a status of its own."""
        text = job_script.script({}).replace(sys.executable, "/nonexistent").replace("/usr/bin/python3", "").replace(
            "PATH=${PATH:-/usr/local/bin:/usr/bin:/bin}", "PATH=/nonexistent")
        with tempfile.NamedTemporaryFile("w", suffix=".sh") as file:
            file.write(text)
            file.flush()
            done = subprocess.run(["/bin/sh", file.name], stderr=subprocess.PIPE)
        self.assertEqual((done.returncode, done.stderr), (job_script.NO_PYTHON, b"There is no Python 3.8 or newer on this node.\n"))
