"""A pytest plugin: ports for kernels that nobody else is given between their choice and their use.

jupyter_client asks the system for free ports and lets them go again until the kernel binds them. On a busy machine some
other connection gets one of them meanwhile, and the kernel dies. These are below the range the system gives away, wherever that
begins (ip(7), ip_local_port_range), and processes that follow each other, as those of a pool do, have ranges that do not touch.
"""
import itertools
import os
import socket

from jupyter_client.connect import LocalPortCache

with open("/proc/sys/net/ipv4/ip_local_port_range") as file:
    END = int(file.read().split()[0])
FIRST, RANGES = max(300, END - 18000), 30
EACH = (END - FIRST) // RANGES
_next = {}
_any_port = LocalPortCache.find_available_port


def find_available_port(cache, ip):
    """The next port of this process that can be bound; below 1024, where the range begins there, root may."""
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
    return _any_port(cache, ip)  # there are none that we may bind


LocalPortCache.find_available_port = find_available_port
