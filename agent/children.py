"""The processes the daemon has started, reaped without a thread: SIGCHLD wakes the loop, which asks each of them."""
import asyncio
import os
import signal
import subprocess
import tempfile


class Children:
    """Watches subprocess.Popen objects."""

    def __init__(self):
        self._watched = {}
        asyncio.get_event_loop().add_signal_handler(signal.SIGCHLD, self.reap)

    def watch(self, process, ended):
        """Calls ended(returncode) once, from the loop."""
        self._watched[process] = ended

    def reap(self):
        """Looks after all of them; also called now and then, signals being what they are."""
        for process, ended in list(self._watched.items()):
            code = process.poll()
            if code is not None:
                del self._watched[process]
                ended(code)

    async def run(self, argv, timeout, cwd=None, env=None, text=b""):
        """Runs a program to its end: (exit status, standard output, standard error) as text; status None: it could not be
        started or took too long, and the third says so. `text` is its standard input, of any length."""
        loop = asyncio.get_event_loop()
        try:
            with tempfile.TemporaryFile() if text else open(os.devnull, "rb") as given:
                if text:
                    given.write(text)
                    given.seek(0)
                process = subprocess.Popen(argv, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                           start_new_session=True, cwd=cwd, env=env)
        except (OSError, ValueError) as error:
            return None, "", "%s: %s" % (argv[0], error)
        ended, pipes = loop.create_future(), {process.stdout: [], process.stderr: []}
        waits = [ended] + [_read_all(loop, pipe, parts) for pipe, parts in pipes.items()]
        self.watch(process, lambda code: ended.done() or ended.set_result(code))
        try:
            await asyncio.wait_for(asyncio.gather(*waits), timeout)
            code, complaint = ended.result(), ""
        except asyncio.TimeoutError:
            code, complaint = None, "%s did not answer in %g s. " % (os.path.basename(argv[0]), timeout)
        finally:
            for pipe in pipes:
                loop.remove_reader(pipe.fileno())
                pipe.close()
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except OSError:
                pass
        out, err = (b"".join(parts).decode("utf-8", "replace") for parts in pipes.values())
        return code, out, complaint + err

    async def output(self, argv, text, timeout):
        """Runs a helper with text on its standard input; its standard output as bytes, None when it failed.

        For work that may hang (a network file system that is away): the loop goes on meanwhile.
        """
        loop = asyncio.get_event_loop()
        process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        done, parts = loop.create_future(), []

        def readable():
            part = os.read(process.stdout.fileno(), 65536)
            if part:
                parts.append(part)
            else:
                loop.remove_reader(process.stdout.fileno())
                if not done.done():
                    done.set_result(b"".join(parts))

        loop.add_reader(process.stdout.fileno(), readable)
        self.watch(process, lambda code: None)
        try:
            process.stdin.write(text)  # small: it fits into the pipe
            process.stdin.close()
            return await asyncio.wait_for(done, timeout)
        except (OSError, asyncio.TimeoutError):
            return None
        finally:
            loop.remove_reader(process.stdout.fileno())
            process.stdout.close()
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except OSError:
                pass


def _read_all(loop, pipe, parts):
    """A future that is done at the end of a pipe; what comes is appended to `parts`."""
    done = loop.create_future()

    def readable():
        part = os.read(pipe.fileno(), 65536)
        if part:
            parts.append(part)
        else:
            loop.remove_reader(pipe.fileno())
            if not done.done():
                done.set_result(None)

    loop.add_reader(pipe.fileno(), readable)
    return done
