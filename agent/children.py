"""The processes the daemon has started, reaped without a thread: SIGCHLD wakes the loop, which asks each of them."""
import asyncio
import os
import signal
import subprocess


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
