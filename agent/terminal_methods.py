"""What a client can ask for about terminals.

A terminal's output is one stream of bytes; `at`, `after`, `acked` are places in it. A look at a terminal is named by the
client (`watch`); at most WINDOW bytes are on the way to it.

    terminals        {} -> {terminals: [{terminal, title, shell, running, cwd, cols, rows, started, ended, status, signal,
                     bytes}]}; times in seconds since 1970
    terminal-start   {terminal, cols, rows, cwd, argv, env} -> {started: bool}: false when that id is taken
    terminal-attach  {terminal, watch, after, acked} -> {from, to, cols, rows}, then events
    terminal-detach  {watch} -> {}
    terminal-ack     {watch, at}: drawn up to there; without `id` no reply
    terminal-input   {terminal} attachment = what is typed -> {} when the program's terminal has taken it
    terminal-resize  {terminal, cols, rows, redraw} -> {}
    terminal-close   {terminal} -> {}: hang up and forget

Events: {"event": "terminal", watch, terminal, at} with the bytes as attachment, and `modes` where those before are lost (it
sets a fresh screen as it was); "terminal-size" {cols, rows}; "terminal-exit" {status, signal} after the last byte.
"""
from params import BadParams, take, texts
from watcher import Watcher

MOST_WATCHERS = 1000


def _id(params, name="terminal"):
    identity = take(params, name, str)
    if not 0 < len(identity) <= 200:
        raise BadParams("%s is not an id" % name)
    return identity


def _size(params):
    cols, rows = take(params, "cols", int), take(params, "rows", int)
    if not (1 <= cols <= 2000 and 1 <= rows <= 2000):
        raise BadParams("cols and rows are from 1 to 2000")
    return cols, rows


def _list(daemon, client, params, attachments):
    """All terminals."""
    return {"terminals": [terminal.describe() for terminal in daemon.terminals.all()]}


def _start(daemon, client, params, attachments):
    """Starts a program on a terminal (the login shell without `argv`) unless that id is taken."""
    cols, rows = _size(params)
    argv, env = texts(take(params, "argv", list, []), "argv"), take(params, "env", dict, {})
    texts(env.values(), "env")
    if any("=" in name or "\0" in name or not name for name in env):
        raise BadParams("a name in env is not one")
    cwd = texts([take(params, "cwd", str, "")], "cwd")[0]
    return {"started": daemon.terminals.start(_id(params), argv=argv, env=env, cwd=cwd, cols=cols, rows=rows)}


def _attach(daemon, client, params, attachments):
    """Shows a terminal from a place on. `watch` names this look at it; asked again, it begins anew."""
    terminal, watch = daemon.terminals.get(_id(params)), _id(params, "watch")
    after = max(0, take(params, "after", int, 0))
    _detach(daemon, client, params, attachments)
    if len(client.watchers) >= MOST_WATCHERS:
        raise BadParams("too many terminals are being watched")
    watcher = client.watchers[watch] = Watcher(
        terminal, watch, after, max(0, take(params, "acked", int, after)), client.write)
    client.after_reply(watcher.pump)
    return {"from": terminal.ring.first, "to": terminal.ring.end, "cols": terminal.cols, "rows": terminal.rows}


def _detach(daemon, client, params, attachments):
    """Shows it no more."""
    watcher = client.watchers.pop(_id(params, "watch"), None)
    if watcher:
        watcher.close()
    return {}


def _ack(daemon, client, params, attachments):
    """Drawn up to a place: opens the window."""
    watcher = client.watchers.get(_id(params, "watch"))
    if watcher:
        watcher.ack(take(params, "at", int))
    return {}


def _input(daemon, client, params, attachments):
    """Keys; answered when the program's terminal has taken them."""
    return _taken(daemon.terminals.get(_id(params)).write(b"".join(attachments)))


async def _taken(done):
    await done
    return {}


def _resize(daemon, client, params, attachments):
    """Another size."""
    cols, rows = _size(params)
    daemon.terminals.get(_id(params)).resize(cols, rows, params.get("redraw") is True)
    return {}


def _close(daemon, client, params, attachments):
    """Hangs up and forgets."""
    daemon.terminals.close(_id(params))
    return {}


METHODS = {
    "terminals": _list, "terminal-start": _start, "terminal-attach": _attach, "terminal-detach": _detach,
    "terminal-ack": _ack, "terminal-input": _input, "terminal-resize": _resize, "terminal-close": _close}
