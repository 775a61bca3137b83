"""The program of a sweep's job by itself: a notebook, a kernel, and the file it leaves."""
import json
import os
import signal
import subprocess
import sys

from harness import PATIENCE_S, PYTHON_KERNEL, AgentTest, lives, until


def code(source, *tags, **more):
    """A cell of code."""
    return dict({"cell_type": "code", "id": "c%d" % abs(hash(source)), "metadata": {"tags": list(tags)} if tags else {},
                 "source": source, "outputs": [{"output_type": "stream", "name": "stdout", "text": "old"}],
                 "execution_count": 9}, **more)


def text(cell):
    """What a cell has printed, or how it failed."""
    return "".join("".join(each["text"]) if each["output_type"] == "stream" else each.get("evalue", "") for each in cell["outputs"])


class RunTest(AgentTest):
    """One job, without a scheduler."""

    def prepare(self, *cells, seen=True, **start):
        """The folders of a sweep and of a job: both paths."""
        self.folder, self.job = os.path.join(self.top, "sweep"), os.path.join(self.top, "job")
        for path in (self.folder, self.job, os.path.join(self.top, "tmp")):
            os.mkdir(path, 0o700)
        self.write(os.path.join(self.job, "input.ipynb"), {
            "nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "x", "display_name": "X"}}, "cells": list(cells)})
        self.write(os.path.join(self.job, "start.json"), dict({
            "sweep": "s", "point": "p", "folder": self.folder, "argv": PYTHON_KERNEL, "env": {"FROM": "login"}, "cwd": self.top,
            "interruptMode": "signal", "language": "python", "parameters": {"a": 1}, "onError": "stop"}, **start))
        if seen:
            self.write(os.path.join(self.folder, "sweep.json"), {"id": "s"})

    @staticmethod
    def write(path, value):
        """JSON into a file."""
        with open(path, "w") as file:
            json.dump(value, file)

    def begin(self, walltime=0):
        """Starts the program."""
        place = os.path.join(self.top, "tmp", "private")
        os.mkdir(place, 0o700)
        options = {"scheduler": "slurm", "folder": self.job, "walltime": walltime}
        program = subprocess.Popen([sys.executable, self.program, "run-notebook", place, json.dumps(options)], env=self.env,
                                   stderr=subprocess.PIPE)
        self.addCleanup(program.stderr.close)
        self.addCleanup(program.wait)
        self.addCleanup(program.kill)
        return program

    def run_all(self, *cells, **start):
        """Runs to the end: the exit status, the notebook, the answer of papermill's metadata."""
        self.prepare(*cells, **start)
        program = self.begin()
        status, words = program.wait(PATIENCE_S), program.stderr.read().decode()
        self.assertNotIn("Traceback", words)
        self.assertEqual(os.listdir(os.path.join(self.top, "tmp")), [])
        self.assertEqual(sorted(os.listdir(self.job)), ["input.ipynb"] if start.get("seen", True) else ["input.ipynb", "output.ipynb"])
        return status, self.result() if start.get("seen", True) else self.result(os.path.join(self.job, "output.ipynb"))

    def result(self, path=None):
        """The notebook as it is now."""
        with open(path or os.path.join(self.folder, "p.ipynb")) as file:
            return json.load(file)

    def states(self, notebook):
        """Of the cells."""
        return [cell["metadata"]["papermill"]["status"] for cell in notebook["cells"]]

    def test_outputs(self):
        """Everything a cell can leave; what was there before is gone."""
        status, notebook = self.run_all(
            code("import os, sys\nprint(os.environ['FROM'], os.getcwd())\nprint('b', file=sys.stderr)"),
            {"cell_type": "markdown", "id": "m", "metadata": {}, "source": ["# Title\n", "text"]},
            code("from IPython.display import *\nh = display(HTML('<b>1</b>'), display_id='d')"),
            code("display(HTML('<b>2</b>'), display_id='d', update=True)\nprint('x')\nclear_output(wait=True)\nprint('y')\n6 * 7"),
            code("  \n"), code("raise RuntimeError('never')", "skip-execution"), code("1 / 0", "raises-exception"), code("print('end')"))
        self.assertEqual((status, self.states(notebook)), (0, ["completed"] * 8))
        cells = notebook["cells"]
        self.assertEqual(text(cells[0]), "login %s\nb\n" % self.top)
        self.assertEqual(cells[2]["outputs"][0]["data"]["text/html"], ["<b>2</b>"])
        self.assertEqual([each["output_type"] for each in cells[3]["outputs"]], ["stream", "execute_result"])
        self.assertEqual((text(cells[3]), cells[3]["outputs"][1]["data"]), ("y\n", {"text/plain": ["42"]}))
        self.assertEqual([cell.get("execution_count") for cell in cells], [1, None, 2, 3, None, None, 4, 5])
        self.assertEqual([cells[at]["outputs"] for at in (4, 5)], [[], []])
        self.assertEqual(cells[6]["outputs"][0]["ename"], "ZeroDivisionError")
        about = notebook["metadata"]["papermill"]
        self.assertEqual((about["exception"], about["parameters"], about["input_path"]),
                         (None, {"a": 1}, os.path.join(self.folder, "inputs", "p.ipynb")))
        self.assertGreater(about["duration"], cells[0]["metadata"]["papermill"]["duration"])
        self.assertEqual(notebook["metadata"]["language_info"]["name"], "python")
        self.assertEqual(notebook["metadata"]["kernelspec"]["name"], "x")

    def test_error_stops(self):
        """What comes after stays pending."""
        status, notebook = self.run_all(code("print(1)"), code("1 / 0"), code("print(2)"))
        self.assertEqual((status, self.states(notebook)), (1, ["completed", "failed", "pending"]))
        self.assertEqual((notebook["metadata"]["papermill"]["exception"], notebook["cells"][1]["metadata"]["papermill"]["exception"]),
                         (True, True))
        self.assertEqual(notebook["cells"][2]["outputs"], [])
        self.assertIn("ZeroDivisionError", notebook["cells"][1]["outputs"][0]["traceback"][-1])

    def test_error_continues(self):
        """The next cells run, and the whole has failed all the same."""
        status, notebook = self.run_all(code("1 / 0"), code("print(2)"), onError="continue")
        self.assertEqual((status, self.states(notebook)), (1, ["failed", "completed"]))
        self.assertEqual((text(notebook["cells"][1]), notebook["metadata"]["papermill"]["exception"]), ("2\n", True))

    def test_input(self):
        """Nobody can answer."""
        status, notebook = self.run_all(code("input('name? ')"), code("print(2)"))
        self.assertEqual(status, 1)
        self.assertEqual(notebook["cells"][0]["outputs"][0]["ename"], "StdinNotImplementedError")

    def test_plain_kernel(self):
        """Our own, which needs nothing installed."""
        status, notebook = self.run_all(code("x = 6"), code("print(x * 7)\nx"), code("input()"),
                                        argv=[sys.executable, "{agent}", "kernel", "{connection_file}"])
        self.assertEqual((status, self.states(notebook)), (1, ["completed", "completed", "failed"]))
        self.assertEqual(text(notebook["cells"][1]), "42\n")

    def test_kernel_dies(self):
        """The cell says so."""
        status, notebook = self.run_all(code("print('said', flush=True)\nimport os, time; time.sleep(0.3); os.kill(os.getpid(), 9)"),
                                        code("print(2)"))
        self.assertEqual((status, self.states(notebook)), (1, ["failed", "pending"]))
        self.assertEqual(text(notebook["cells"][0]), "said\nThe kernel has ended: killed (SIGKILL).")

    def test_no_kernel(self):
        """There is nothing to run the cells with."""
        status, notebook = self.run_all(code("print(1)"), argv=["/nonexistent/kernel"])
        self.assertEqual((status, self.states(notebook), notebook["metadata"]["ansatz"]["ended"]["reason"]), (3, ["pending"], "startup"))
        self.assertIn("/nonexistent/kernel", notebook["metadata"]["ansatz"]["ended"]["words"])

    def test_kernel_that_does_not_start(self):
        """Its last words are in the file."""
        status, notebook = self.run_all(code("print(1)"), argv=[sys.executable, "-c", "raise SystemExit('no such module')"])
        self.assertEqual(status, 3)
        self.assertIn("no such module", notebook["metadata"]["ansatz"]["ended"]["words"])

    def test_unseen_folder(self):
        """The result is beside what was to be run."""
        status, notebook = self.run_all(code("print(1)"), seen=False, cwd="/nonexistent")
        self.assertEqual((status, text(notebook["cells"][0])), (0, "1\n"))
        self.assertEqual(os.listdir(self.folder), [])

    def test_written_after_every_cell(self):
        """While the second cell runs the first is in the file; SIGTERM says what there is and why there is no more."""
        self.prepare(code("print(1)\nimport os; print(os.getpid())"), code("print('on', flush=True)\nimport time; time.sleep(100)"),
                     code("print(3)"))
        program = self.begin()
        until(lambda: os.path.exists(os.path.join(self.folder, "p.ipynb")) and "running" in self.states(self.result())[1:])
        first = self.result()["cells"][0]
        self.assertTrue(text(first).startswith("1\n"))
        kernel = int(text(first).split()[1])
        program.send_signal(signal.SIGTERM)
        self.assertEqual(program.wait(PATIENCE_S), 3)
        notebook = self.result()
        self.assertEqual(self.states(notebook), ["completed", "failed", "pending"])
        self.assertEqual(notebook["metadata"]["ansatz"]["ended"], {"reason": "terminated", "words": "The scheduler ended the job."})
        self.assertIn("The scheduler ended the job.", text(notebook["cells"][1]))
        self.assertIsNotNone(notebook["metadata"]["papermill"]["end_time"])
        self.assertFalse(lives(kernel))

    def test_walltime(self):
        """Its own countdown."""
        self.prepare(code("import time\nprint('on', flush=True)\ntime.sleep(100)"))
        self.assertEqual(self.begin(walltime=4).wait(PATIENCE_S), 3)
        notebook = self.result()
        self.assertEqual(notebook["metadata"]["ansatz"]["ended"]["reason"], "walltime")
        self.assertEqual(text(notebook["cells"][0]), "on\nThe walltime is over.")

    def test_taken(self):
        """What somebody else has begun is not run again; what cannot be seen is said."""
        self.prepare(code("print(1)"))
        os.unlink(os.path.join(self.job, "start.json"))
        self.assertEqual(self.begin().wait(PATIENCE_S), 93)
        self.job = os.path.join(self.top, "elsewhere")
        self.assertEqual(self.begin().wait(PATIENCE_S), 94)
        self.assertEqual(os.listdir(self.folder), ["sweep.json"])
