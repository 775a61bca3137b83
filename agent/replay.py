"""What a kernel says while no agent listens: a publisher drops it, unless the kernel itself keeps it for a while.

ipykernel is told at its start to keep its last messages. When iopub was away, because the agent was killed or the socket
broke, it is asked through its subshell, so also while a cell runs, to send again all that came after the last recorded
one: first a marker, then those, then it goes on, all in its publishing thread, so in order and without a hole.
"""
import json

MARKER = "ansatz_replay"
LIMIT = 16 * 1024 * 1024

#: Runs once in the kernel. Besides keeping: its publisher drops what is more than 1000 messages ahead of us, which a busy
#: node or a slow disk is enough for. libzmq tells a new limit to connections without looking whether they are just ending, which
#: can crash it: so it is set at the start, when ours is there to stay, and never again
_KEEP = """
import collections, json, zmq
thread, kept, held, really = kernel.iopub_thread, collections.deque(), [0], kernel.iopub_thread._really_send
thread.schedule(lambda: thread.socket.setsockopt(zmq.SNDHWM, 200000))
def keep(message, *args, **kwargs):
    kept.append(message)
    held[0] += sum(map(len, message))
    while held[0] > %d and len(kept) > 1:
        held[0] -= sum(map(len, kept.popleft()))
    return really(message, *args, **kwargs)
def identity(message):
    parts = [bytes(part) for part in message[:8]]
    return json.loads(parts[parts.index(b'<IDS|MSG>') + 2])['msg_id']
def replay(after):
    first = len(kept)
    while first and identity(kept[first - 1]) != after:
        first -= 1
    marker = kernel.session.msg('%s', {'complete': first > 0})
    really(kernel.session.serialize(marker, ident=b'ansatz'))
    for message in list(kept)[first:]:
        really(message)
thread._really_send = keep
kernel.ansatz_replay = lambda after: thread.schedule(lambda: replay(after))
""" % (LIMIT, MARKER)


def _silent(code):
    return {"code": code, "silent": True, "store_history": False, "user_expressions": {}, "allow_stdin": False}


def keep():
    """The execute request that makes an ipykernel keep its messages; nothing of it stays in the user's names."""
    return _silent("exec(%r, {'kernel': get_ipython().kernel})" % _KEEP)


def request(after):
    """The one that asks for all messages after the one with this id."""
    return _silent("get_ipython().kernel.ansatz_replay(%r)" % after)


def complete(content):
    """Whether a marker says that nothing is missing."""
    return json.loads(content.decode("utf-8")).get("complete") is True
