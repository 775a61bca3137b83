"""The lines that are not Python: %magic, !command, name? and what a cell with %% at its top means.

transform() turns each into a call of Magics.call in the same line, so that line numbers stay what they are.
"""
import ast
import io
import os
import re
import signal
import statistics
import subprocess
import sys
import time
import timeit
import tokenize

import plain_inspection

#: For a program to end after an interrupt, before it is told again
AGAIN_S = 1.0
#: The name under which the user's code finds Magics.call
CALL = "_ansatz_magic"
_ASSIGNED = re.compile(r"^(\s*[\w.,\s\[\]'\"]+?)\s*=\s*([%!])(?![=])\s*(.*)$")
_HELP = re.compile(r"^\s*(\?{1,2})\s*([\w.]+)\s*$|^\s*([\w.]+)\s*(\?{1,2})\s*$")


class UsageError(Exception):
    """A magic that does not exist or cannot be used so."""


def transform(code):
    """Python for a cell. What is Python already stays as it is, a line in a long string as well."""
    first = code.lstrip()
    if first.startswith("%%"):
        line, _, body = first[2:].partition("\n")
        above = code[:len(code) - len(first)].count("\n")
        return "\n" * above + "%s(%r, %r, %r)" % (CALL, "%%", line, body)
    lines = code.split("\n")
    if not any(_rewritten(line) for line in lines):
        return code
    try:
        ast.parse(code)
        return code
    except (SyntaxError, ValueError):
        pass
    done = []
    while lines:
        line, more = lines.pop(0), 0
        if _rewritten(line) and not _inside("\n".join(done)):
            while line.endswith("\\") and lines:
                line, more = line[:-1] + lines.pop(0), more + 1
            line = _rewritten(line)
        done += [line] + [""] * more
    return "\n".join(done)


def _rewritten(line):
    """The call that a line stands for, None for a line of Python."""
    bare = line.lstrip()
    indent = line[:len(line) - len(bare)]
    help_ = _HELP.match(line)
    if help_:
        name, marks = help_.group(2) or help_.group(3), help_.group(1) or help_.group(4)
        return indent + "%s('?', %r, %d)" % (CALL, name, len(marks) - 1)
    if bare[:1] in ("%", "!") and bare[1:].strip():
        return indent + _call(bare[0], bare[1:], False)
    assigned = _ASSIGNED.match(line)
    if assigned and assigned.group(3).strip():
        return "%s = %s" % (assigned.group(1), _call(assigned.group(2), assigned.group(3), True))
    return None


def _call(mark, text, wanted):
    if mark == "!" and text.startswith("!"):
        text, wanted = text[1:], True
    return "%s(%r, %r, %r)" % (CALL, mark, text.strip(), wanted)


def _inside(text):
    """True when the line after this text goes on with a string or a bracket of it."""
    try:
        for _ in tokenize.generate_tokens(io.StringIO(text + "\n").readline):
            pass
    except (tokenize.TokenError, SyntaxError) as error:
        return "multi-line" in str(error) or "was never closed" in str(error) or "unterminated triple" in str(error)
    return False


class Magics:
    """What the calls do."""

    def __init__(self, shell):
        self._shell = shell

    def call(self, mark, text, more):
        """One line, or one cell for the mark %%. `more` is: for % and ! whether the result is assigned; for %% the
        body; for ? the level of detail."""
        if mark == "?":
            found = plain_inspection.by_name(self._shell.namespace, text, more)
            self._shell.page(found) if found else print("Object `%s` not found." % text)
            return None
        if mark == "!":
            return self._output(text) if more else self._system(text)
        name, _, rest = text.strip().partition(" ")
        prefix = "cell_" if mark == "%%" else "line_"
        method = getattr(self, prefix + name, None) if re.match(r"^[A-Za-z]\w*$", name) else None
        if method is None:
            raise UsageError("This kernel knows no magic %s%s. It is the plain kernel; install ipykernel for IPython's "
                             "magics" % (mark, name))
        return method(rest.strip(), more) if mark == "%%" else method(rest.strip())

    # -- commands of the system ----------------------------------------------------------------------------------------

    def _filled(self, command):
        """The command with {expressions} and $names of the notebook put in, where there are such."""
        names = self._shell.namespace

        def fill(match):
            expression = match.group(1) or match.group(2)
            try:
                return str(eval(expression, names) if match.group(1) else names[expression])
            except Exception:  # it is the shell's own
                return match.group(0)
        return re.sub(r"\{([^{}]+)\}|\$([A-Za-z_]\w*)", fill, command)

    def _system(self, command):
        sys.stdout.flush()
        self._shell.sync()
        process = subprocess.Popen(self._filled(command), shell=True, stdin=subprocess.DEVNULL)
        try:
            code = process.wait()
        except KeyboardInterrupt:
            _insist(process)
            raise
        finally:
            self._shell.sync()
        self._shell.namespace["_exit_code"] = code

    def _output(self, command):
        done = subprocess.run(self._filled(command), shell=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self._shell.namespace["_exit_code"] = done.returncode
        return done.stdout.decode("utf-8", "replace").splitlines()

    def line_pip(self, rest):
        """pip of this Python."""
        self._system('"%s" -m pip %s' % (sys.executable, rest))
        print("Note: you may need to restart the kernel to use updated packages.")

    def cell_bash(self, rest, body):
        """The cell is a shell script."""
        self._shell.sync()
        code = subprocess.run(["bash"], input=body.encode("utf-8")).returncode
        self._shell.sync()
        if code:
            raise UsageError("the script ended with exit code %d" % code)

    # -- folders and figures -----------------------------------------------------------------------------------------

    def line_cd(self, rest):
        """Goes to a folder."""
        os.chdir(os.path.expanduser(self._filled(rest.strip("'\"")) or "~"))
        print(os.getcwd())

    def line_pwd(self, rest):
        """The folder we are in."""
        return os.getcwd()

    def line_matplotlib(self, rest):
        """Figures are shown below the cell in any case."""

    # -- time ----------------------------------------------------------------------------------------------------------

    def line_time(self, rest):
        """Runs a statement and tells how long it took; gives the value of an expression."""
        return self.cell_time("", rest)

    def cell_time(self, rest, body):
        """Runs the cell and tells how long it took."""
        try:
            code = compile(body, "<time>", "eval")
        except SyntaxError:
            code = compile(transform(body), "<time>", "exec")
        before, start = os.times(), time.perf_counter()
        try:
            return eval(code, self._shell.namespace)
        finally:
            wall, after = time.perf_counter() - start, os.times()
            user, system = after.user - before.user, after.system - before.system
            print("CPU times: user %s, sys: %s, total: %s\nWall time: %s" % tuple(
                map(_duration, (user, system, user + system, wall))))

    def line_timeit(self, rest):
        """Runs a statement often and tells how long it takes. Options -n (loops) and -r (repetitions)."""
        return self.cell_timeit(rest, "")

    def cell_timeit(self, rest, body):
        """The same with the cell; a statement in the first line is run once before each repetition."""
        options = dict(re.findall(r"-([nr])\s*(\d+)", rest.split("--")[0]))
        statement = re.sub(r"^(\s*-[nr]\s*\d+)*", "", rest).strip()
        timer = timeit.Timer(body or statement, statement if body else "pass", globals=self._shell.namespace)
        loops = int(options.get("n", 0)) or timer.autorange()[0]
        times = [each / loops for each in timer.repeat(int(options.get("r", 7)), loops)]
        deviation = statistics.pstdev(times)
        print("%s ± %s per loop (mean ± std. dev. of %d runs, %d loops each)" % (
            _duration(statistics.mean(times)), _duration(deviation), len(times), loops))


def _duration(seconds):
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return "%.3g %s" % (seconds / size, unit)
    return "%.3g ns" % (seconds / 1e-9)


def _insist(process):
    """Waits for a program that was interrupted. A shell that is just about to start one can lose the signal for both, so it is sent
    once more; what takes longer to end is waited for."""
    try:
        process.wait(AGAIN_S)
        return
    except subprocess.TimeoutExpired:
        pass
    if os.getpgrp() == os.getpid():
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # we are in the group
        try:
            os.killpg(os.getpid(), signal.SIGINT)
        finally:
            signal.signal(signal.SIGINT, before)
    else:
        process.send_signal(signal.SIGINT)
    process.wait()
