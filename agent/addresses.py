"""Names and addresses, asked in a process of its own: a name service that is away keeps who asks it waiting."""
import json
import re
import socket

MOST = 8


def main(names):
    """Prints a JSON list: the addresses of names, or, without any, what this machine may be reached by from others."""
    print(json.dumps(resolve(names) if names else own()))
    return 0


def resolve(names):
    """Addresses, in the order of the names."""
    found = []
    for name in names:
        try:
            found += [each[4][0] for each in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)]
        except (OSError, UnicodeError):
            pass
    return [each for each in dict.fromkeys(found) if "%" not in each]


def own():
    """Names first, they may mean another address there; then addresses, the one that leads outwards before others."""
    names = [name for name in dict.fromkeys((socket.getfqdn(), socket.gethostname())) if not name.startswith("localhost")]
    found = [each for each in _outwards() + resolve(names) + _local() if not re.match(r"127\.|::1\Z|fe80:", each)]
    return list(dict.fromkeys(names + found))[:MOST] or ["127.0.0.1"]


def _outwards():
    found = []
    for family, somewhere in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((somewhere, 9))  # sends nothing
                found.append(probe.getsockname()[0])
        except OSError:
            pass
    return found


def _local():
    """The IPv4 addresses of all interfaces, where Linux tells them."""
    try:
        with open("/proc/net/fib_trie") as file:
            return list(dict.fromkeys(re.findall(r"\|-- (\S+)\n\s+/32 host LOCAL", file.read())))
    except OSError:
        return []
