"""What a client can ask for: one function per method of the protocol, each (daemon, client, parameters, attachments)."""
import json
import os
import sys
import time

import job_methods
import stream_methods
import survey as machine
import sweep_methods
import terminal_methods
from authorize import authorize as let_in
from gpu_board import board
from kernel import Unwilling
from params import BadParams, take as _take, texts as _texts
from probe import FIND
from subscription import Subscription
from usage import family

SPECS_S = 45


def _id(params):
    identity = _take(params, "kernel", str)
    if not 0 < len(identity) <= 200:
        raise BadParams("kernel is not an id")
    return identity


def ping(daemon, client, params, attachments):
    """Is anybody there?"""
    return {"time": time.time()}


async def kernelspecs(daemon, client, params, attachments):
    """What can be started. In a process of its own, since folders on a network may hang."""
    environments = _texts(_take(params, "environments", list, []), "environments")
    text = json.dumps(environments).encode("ascii")
    if len(text) > 60000:
        raise BadParams("too many environments")
    program = os.path.dirname(os.path.abspath(__file__))
    answer = await daemon.children.output([sys.executable, program, "kernelspecs"], text, SPECS_S)
    try:
        return json.loads((answer or b"").decode("utf-8"))
    except ValueError:
        raise Unwilling("timeout", "looking for kernels took too long or failed; see daemon.log")


async def survey(daemon, client, params, attachments):
    """What this machine has: disk, GPUs, batch system, kernels."""
    return await machine.survey(daemon.children, _texts(_take(params, "environments", list, []), "environments"))


def start(daemon, client, params, attachments):
    """Starts a kernel unless it lives."""
    argv = _texts(_take(params, "argv", list), "argv")
    env = _take(params, "env", dict, {})
    _texts(env.values(), "env")
    if not argv or any("=" in name or "\0" in name or not name for name in env):
        raise BadParams("argv is empty or a name in env is not one")
    mode = _take(params, "interruptMode", str, "signal")
    if mode not in ("signal", "message"):
        raise BadParams("interruptMode is neither signal nor message")
    cwd, language = _texts([_take(params, "cwd", str, ""), _take(params, "language", str, "")], "cwd")
    how = {"argv": argv, "env": env, "cwd": cwd, "interrupt_mode": mode, "language": language}
    if params.get("job") is not None:
        return job_methods.start(daemon, _id(params), _take(params, "job", dict), how)
    return {"started": daemon.registry.start(_id(params), **daemon.adapted(how))}


def kernels(daemon, client, params, attachments):
    """All kernels and what can still be read of them."""
    return {"kernels": [
        {"kernel": kernel.identity, "state": kernel.state, "pid": kernel.pid, "started": kernel.started,
         "firstSeq": kernel.recorder.first, "lastSeq": kernel.recorder.last,
         "job": kernel.job.status() if kernel.job else None} for kernel in daemon.registry.all()]}


def send(daemon, client, params, attachments):
    """Passes a message to a kernel, once."""
    channel = _take(params, "channel", str)
    if channel not in ("shell", "control", "stdin"):
        raise BadParams("channel is none of shell, control, stdin")
    identity = _take(params, "msgId", str)
    if not 0 < len(identity) <= 200 or not identity.isprintable():
        raise BadParams("msgId is not an id")
    return {"accepted": daemon.registry.get(_id(params)).send(
        channel, identity, _take(params, "msgType", str), _take(params, "content", dict),
        _take(params, "metadata", dict, {}), attachments, params.get("aside") is True)}


async def ask(daemon, client, params, attachments):
    """A request to a kernel whose answer is the answer of this one."""
    channel = _take(params, "channel", str, "shell")
    if channel not in ("shell", "control"):
        raise BadParams("channel is neither shell nor control")
    return await daemon.registry.get(_id(params)).ask(
        channel, _take(params, "msgType", str), _take(params, "content", dict),
        min(120, _take(params, "timeout", (int, float), 10)))


async def usage(daemon, client, params, attachments):
    """What a kernel uses now: cores, memory, GPUs. `null` where nothing can be known."""
    kernel = daemon.registry.get(_id(params))
    if kernel.job:
        return {"usage": await kernel.usage()}
    sample = kernel.usage()
    if sample is None:
        return {"usage": None}
    pids = {pid for pid, _, _ in family(kernel.pid)}
    return {"usage": dict(sample, cores=os.cpu_count() or 1, gpus=await daemon.gpus.of(pids, daemon.devices))}


async def gpus(daemon, client, params, attachments):
    """The GPUs of this machine and who holds what of them."""
    return {"gpus": await board(daemon.children, daemon.registry.all())}


def _task(params):
    identity = _take(params, "task", str)
    if not 0 < len(identity) <= 200:
        raise BadParams("task is not an id")
    return identity


def start_task(daemon, client, params, attachments):
    """Starts a program that outlives us; `{python}` and `{agent}` in argv are ours. `probe`: look at what it sets up."""
    argv, env = _texts(_take(params, "argv", list), "argv"), _take(params, "env", dict, {})
    _texts(env.values(), "env")
    if not argv or any("=" in name or "\0" in name or not name for name in env):
        raise BadParams("argv is empty or a name in env is not one")
    if params.get("probe") is True:
        argv = argv + ["/bin/sh", "-c", FIND, "sh", "{agent}"]
    timeout = _take(params, "timeout", (int, float), 0)
    return {"started": daemon.tasks.start(_task(params), argv, env, timeout, _take(params, "about", dict, {}))}


def tasks(daemon, client, params, attachments):
    """All tasks and how far they are, without what they print."""
    return {"tasks": daemon.tasks.all()}


def task(daemon, client, params, attachments):
    """One task, with the end of what it has printed."""
    return daemon.tasks.status(_task(params))


def cancel_task(daemon, client, params, attachments):
    """Ends a task; its state follows when it has tidied up."""
    daemon.tasks.cancel(_task(params))
    return {}


def forget_task(daemon, client, params, attachments):
    """Drops a task that has ended."""
    daemon.tasks.forget(_task(params))
    return {}


def interrupt(daemon, client, params, attachments):
    """Ctrl-C."""
    daemon.registry.get(_id(params)).interrupt()
    return {}


def shutdown(daemon, client, params, attachments):
    """Ends a kernel; `died` follows as an event."""
    kernel = daemon.registry.get(_id(params))
    if params.get("now") is True and not kernel.job:
        kernel.shutdown(False, now=True)
    else:
        kernel.shutdown(params.get("restart") is True)
    return {}


def forget(daemon, client, params, attachments):
    """Drops a dead kernel and its record."""
    daemon.registry.forget(_id(params))
    return {}


def subscribe(daemon, client, params, attachments):
    """Events after a number, then live ones. Asked again, it begins anew."""
    identity, after = _id(params), _take(params, "after", int, 0)
    kernel = daemon.registry.get(identity)
    recorder = kernel.recorder
    unsubscribe(daemon, client, params, attachments)
    subscription = client.subscriptions[identity] = Subscription(recorder, after, client.write)
    if kernel.job:
        client.after_reply(lambda: client.write(kernel.news()))
    client.after_reply(subscription.pump)
    return {"lastSeq": recorder.last, "firstSeq": recorder.first}


def unsubscribe(daemon, client, params, attachments):
    """No more events of this kernel."""
    subscription = client.subscriptions.pop(_id(params), None)
    if subscription:
        subscription.close()
    return {}


def ack(daemon, client, params, attachments):
    """Opens the window, and lets go of what the client keeps itself."""
    identity, seq = _id(params), _take(params, "seq", int)
    keep = _take(params, "keep", int, 0)
    subscription = client.subscriptions.get(identity)
    if subscription:
        subscription.ack(seq)
    if keep:
        daemon.registry.get(identity).recorder.truncate(keep)
    return {}


def authorize(daemon, client, params, attachments):
    """Lets a key log in to this account; the line of its authorized_keys is there once."""
    return {"added": let_in(_take(params, "line", str))}


def retire(daemon, client, params, attachments):
    """Asked by the agent's own `attach` when it brings another version: leave, unless a kernel or a terminal lives."""
    if daemon.registry.living() or daemon.terminals.living():
        return {"retiring": False}
    client.after_reply(daemon.stop)
    return {"retiring": True}


METHODS = {method.__name__.replace("_", "-"): method for method in (
    ping, kernelspecs, survey, start, kernels, send, ask, usage, interrupt, shutdown, forget, subscribe, unsubscribe, ack,
    retire, authorize, gpus, start_task, tasks, task, cancel_task, forget_task)}
METHODS.update(terminal_methods.METHODS)
METHODS.update(job_methods.METHODS)
METHODS.update(stream_methods.METHODS)
METHODS.update(sweep_methods.METHODS)
