"""The spool and the record above it: nothing is lost that was written, and what is lost is told."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

from harness import AgentTest, text
import frames
import recorder
from spool import Cursor, Spool


def frame(seq, size=100):
    """A frame that tells its number."""
    return frames.encode({"seq": seq, "filling": "x" * size})


class SpoolTest(unittest.TestCase):
    """Files only."""

    def setUp(self):
        """An empty folder."""
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def open(self, limit=5000):
        """The spool, as after a restart."""
        spool = Spool(self.folder, limit)
        self.addCleanup(spool.close)
        return spool

    def fill(self, spool, numbers):
        """Writes frames."""
        for seq in numbers:
            spool.append(seq, frame(seq))

    def numbers(self, spool, after, limit=1000):
        """What a reader gets in several turns; the frames are checked."""
        cursor, found = Cursor(), []
        while True:
            part = spool.read(after, limit, cursor)
            if not part:
                return found
            for seq, data in part:
                self.assertEqual(data, frame(seq))
                found.append(seq)
            after = found[-1]

    def test_read_from_anywhere(self):
        """Over several segments, before and after a restart."""
        spool = self.open()
        self.fill(spool, range(1, 301))
        for spool in (spool, self.open()):
            self.assertEqual((spool.first, spool.last), (1, 300))
            for after in (0, 1, 37, 150, 299, 300):
                self.assertEqual(self.numbers(spool, after), list(range(after + 1, 301)))

    def test_one_large_segment_is_searched(self):
        """The index finds places in the middle."""
        spool = self.open(limit=1 << 30)
        self.fill(spool, range(1, 5001))
        for after in (0, 2500, 4998):
            self.assertEqual(self.numbers(spool, after, 100000), list(range(after + 1, 5001)))

    def test_record_larger_than_a_block(self):
        """It comes alone and whole."""
        spool = self.open()
        spool.append(1, frame(1, 3000000))
        spool.append(2, frame(2))
        cursor = Cursor()
        self.assertEqual([seq for seq, _ in spool.read(0, 10, cursor)], [1])
        self.assertEqual(spool.read(1, 10, cursor), [(2, frame(2))])

    def test_torn_record(self):
        """Whatever is left of the last record after a kill, the ones before are there and the numbering goes on."""
        self.fill(self.open(), range(1, 11))
        path = os.path.join(self.folder, os.listdir(self.folder)[0])
        with open(path, "rb") as file:
            whole = file.read()
        size = len(whole) // 10
        for cut in (1, 5, 12, 17, size - 1):
            with open(path, "wb") as file:
                file.write(whole[:-cut])
            spool = self.open()
            self.assertEqual(spool.last, 9, cut)
            spool.append(10, frame(10))
            self.assertEqual(self.numbers(self.open(), 0), list(range(1, 11)))
        with open(path, "wb") as file:
            file.write(whole[:-20] + b"\xff" * 20)
        self.assertEqual(self.open().last, 9)

    def test_damage_in_the_middle(self):
        """A broken segment costs itself, not what follows."""
        self.fill(self.open(), range(1, 101))
        names = sorted(os.listdir(self.folder))
        self.assertGreater(len(names), 2)
        with open(os.path.join(self.folder, names[0]), "r+b") as file:
            file.write(b"\xff" * 50)
        self.assertEqual(self.numbers(self.open(), 0), list(range(int(names[1][:16]), 101)))

    def test_truncate(self):
        """Whole segments below a number go; the number is remembered even when all are gone."""
        spool = self.open()
        self.fill(spool, range(1, 101))
        size = spool.size
        spool.truncate(60)
        self.assertTrue(1 < spool.first <= 60)
        self.assertLess(spool.size, size)
        self.assertEqual(self.numbers(spool, 59), list(range(60, 101)))
        spool.truncate(101)
        self.assertLess(spool.size, 2000)
        spool = self.open()
        self.assertEqual(spool.last, 100)
        self.fill(spool, [101])
        self.assertEqual(self.numbers(spool, 100), [101])


class RecorderTest(unittest.TestCase):
    """Quota and a disk that refuses."""

    def setUp(self):
        """A record with a quota of 100 kB."""
        self.folder = os.path.join(tempfile.mkdtemp(), "spool")
        self.addCleanup(shutil.rmtree, os.path.dirname(self.folder))
        self.record = self.open()

    def open(self):
        """The record, as after a restart."""
        record = recorder.Recorder("k", self.folder, 100000)
        self.addCleanup(record._spool.close)
        return record

    def stream(self, words):
        """An output."""
        self.record.record("iopub", "stream", json.dumps({"text": words}).encode(), droppable=True)

    def status(self):
        """An event that is always kept."""
        self.record.record("iopub", "status", b'{"execution_state": "idle"}')

    def all(self, after=0):
        """The headers of everything that can be read."""
        found, cursor = [], self.record.cursor()
        while True:
            part = self.record.read(after, 10000, cursor)
            if not part:
                return found
            for after, data in part:
                found.append(next(frames.Decoder().feed(data))[0])

    def test_quota(self):
        """Outputs over it are dropped, counted in one gap before the end of the run; room makes things normal again."""
        for number in range(300):
            self.stream("%03d" % number + "x" * 1000)
        self.status()
        events = self.all()
        kept = [event["content"]["text"][:3] for event in events if event["type"] == "stream"]
        self.assertEqual(kept, ["%03d" % number for number in range(len(kept))])
        self.assertLess(len(kept), 100)
        self.assertEqual([event["type"] for event in events[-2:]], ["gap", "status"])
        gap = events[-2]["content"]
        self.assertEqual((gap["dropped"], gap["reason"]), (300 - len(kept), "quota"))
        self.assertGreater(gap["bytes"], gap["dropped"] * 1000)
        self.assertEqual([event["seq"] for event in events], list(range(1, len(events) + 1)))
        self.record.truncate(events[-1]["seq"])
        self.stream("again")
        self.assertEqual(self.all(events[-1]["seq"])[0]["content"]["text"], "again")

    def test_disk_full(self):
        """Events go on from memory, then are counted; with room again they are on disk, in order and without a hole."""
        refused, real = [True], self.record._spool.append

        def append(seq, data):
            if refused[0]:
                raise OSError(28, "No space left on device")
            real(seq, data)

        self.record._spool.append = append
        received = []
        recorder_ring, recorder.RING_BYTES = recorder.RING_BYTES, 20000
        self.addCleanup(setattr, recorder, "RING_BYTES", recorder_ring)
        for number in range(50):
            self.stream("%03d" % number + "x" * 1000)
        self.status()
        received = self.all()
        self.assertEqual([event["type"] for event in received[-2:]], ["gap", "status"])
        gap = received[-2]["content"]
        self.assertEqual(gap["dropped"] + len(received) - 2, 50)
        self.assertEqual(gap["reason"], "disk")
        self.assertIn(self.folder, gap["message"])
        refused[0] = False
        self.record.tick()
        self.stream("again")
        self.record = self.open()
        events = self.all()
        self.assertEqual([event["seq"] for event in events], list(range(1, len(received) + 2)))
        self.assertEqual(events[-1]["content"]["text"], "again")


class QuotaTest(AgentTest):
    """A flood through the whole agent."""

    environment = {"ANSATZ_SPOOL_MB": "1"}

    def test_flood_over_the_quota(self):
        """The head is there, a gap says what is not, the end of the run arrives, and the kernel is well."""
        link = self.link()
        self.start(link)
        watcher = self.link()
        watcher.call("subscribe", kernel="k", after=0)
        identity = link.execute("k", "import sys\nfor i in range(500): print('%04d' % i + 'x' * 10000); sys.stdout.flush()")
        watcher.finish(identity)
        events = link.finish(identity)
        gaps = [event["content"] for event in link.seen if event["type"] == "gap"]
        self.assertEqual({gap["reason"] for gap in gaps}, {"quota"})
        self.assertLessEqual(len(gaps), 2)  # the reply, on a channel of its own, may come in between
        lines = text(events).split()
        self.assertEqual([line[:4] for line in lines], ["%04d" % number for number in range(len(lines))])
        self.assertGreater(sum(gap["bytes"] for gap in gaps), 3000000)
        link.ack(link.seen[-1], keep=link.seen[-1]["seq"])
        self.assertEqual(text(link.run("k", "print('well')")), "well\n")


class FullDiskTest(AgentTest):
    """A disk that is really full, where the tests may make one."""

    def test_small_disk(self):
        """A file system of 2 MB for the spool: the run ends, the gap names the folder, the kernel is well."""
        spool = os.path.join(self.top, "spool")
        os.mkdir(spool, 0o700)
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m,mode=700", "tmpfs", spool],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        if mounted.returncode:
            self.skipTest("needs the right to mount")
        self.addCleanup(subprocess.run, ["umount", "-l", spool])
        self.env["ANSATZ_SPOOL"] = spool
        link = self.link()
        self.start(link)
        watcher = self.link()
        watcher.call("subscribe", kernel="k", after=0)
        code = "import sys\nfor i in range(2000): print('%04d' % i + 'x' * 10000); sys.stdout.flush()"
        watcher.finish(link.execute("k", code, identity="flood"))
        link.finish("flood")
        gaps = [event["content"] for event in link.seen if event["type"] == "gap"]
        self.assertEqual({gap["reason"] for gap in gaps}, {"disk"})
        self.assertIn(spool, gaps[0]["message"])
        lines = len(text(link.seen).split())
        self.assertLess(lines, 2000)
        link.ack(link.seen[-1], keep=link.seen[-1]["seq"])
        self.assertEqual(text(link.run("k", "print('well')")), "well\n")
