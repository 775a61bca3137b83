"""A pytest plugin: ports for kernels that nobody else is given between their choice and their use.

jupyter_client asks the system for free ports and lets them go again until the kernel binds them. On a busy machine some
other connection gets one of them meanwhile, and the kernel dies. These are below the range the system gives away, and
processes that follow each other, as those of a pool do, have ranges that do not touch.
"""
import itertools
import os
import socket

from jupyter_client.connect import LocalPortCache

FIRST, EACH, RANGES = 10000, 300, 60
_next = {}


def find_available_port(cache, ip):
    """The next port of this process that can be bound."""
    first = FIRST + os.getpid() % RANGES * EACH
    ports = _next.setdefault(first, itertools.cycle(range(first, first + EACH)))
    for port in itertools.islice(ports, EACH):
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind((ip, port))
            except OSError:
                continue
        cache.currently_used_ports.add(port)
        return port
    raise OSError("no port is free from %d to %d" % (first, first + EACH))


LocalPortCache.find_available_port = find_available_port
