"""What a client can ask for about batch jobs: one function per method, each (daemon, client, parameters, attachments)."""
import chirp
import scheduler
from batch import WAYS
from kernel import Unwilling
from params import BadParams, take as _take


async def start(daemon, identity, job, how):
    """The part of `start` that puts a kernel into a job."""
    try:
        about = scheduler.resources(job)
    except scheduler.Unfit as error:
        raise BadParams(str(error))
    system = daemon.batch.system(about["scheduler"])
    if system not in await daemon.batch.present():
        raise Unwilling("submit", "%s is not on this machine" % system.name)
    way, words = await daemon.batch.way(system, _wish(job))
    if way is None:
        raise Unwilling("submit", words)
    return {"started": await daemon.registry.start_job(identity, about, way=way, **how)}


async def offers(daemon, client, params, attachments):
    """The schedulers here and what is free now."""
    return {"offers": await daemon.batch.offers(_wish(params))}


async def jobs(daemon, client, params, attachments):
    """All jobs of the account, whoever made them."""
    return {"jobs": await daemon.batch.entries(), "queries": daemon.batch.queries}


async def job_act(daemon, client, params, attachments):
    """Removes, holds or releases a job."""
    act = _take(params, "act", str)
    if act not in ("remove", "hold", "release"):
        raise BadParams("act is none of remove, hold, release")
    system, identity = _job(daemon, params)
    await daemon.batch.act(system, act, identity)
    return {}


async def job_log(daemon, client, params, attachments):
    """The end of a job's log."""
    system, identity = _job(daemon, params)
    return {"text": await daemon.batch.log(system, identity)}


async def extend(daemon, client, params, attachments):
    """More time for the job of a kernel."""
    kernel = daemon.registry.get(_take(params, "kernel", str))
    minutes = _take(params, "minutes", int)
    if isinstance(minutes, bool) or not 1 <= minutes <= 86400:
        raise BadParams("minutes is not a number from 1 to 86400")
    if not kernel.job:
        raise Unwilling("job", "the kernel does not run in a batch job")
    await kernel.extend(minutes * 60)
    return {}


def extend_worker(daemon, client, params, attachments):
    """Asked of the daemon in a job by the one that submitted it: its time is another than it was started with."""
    if not hasattr(daemon, "allow"):
        raise Unwilling("unknown-method", "this is no worker")
    daemon.allow(_take(params, "walltime", int))
    return {}


def set_attribute(daemon, client, params, attachments):
    """Asked of the daemon in a job by the one that submitted it, where only the job itself may change its job."""
    if not hasattr(daemon, "allow"):
        raise Unwilling("unknown-method", "this is no worker")
    try:
        chirp.set_attribute(_take(params, "name", str), _take(params, "value", str))
    except OSError as error:
        raise Unwilling("job", error.strerror or str(error))
    return {}


def shutdown_worker(daemon, client, params, attachments):
    """Asked of the daemon in a job by the one that submitted it: all is fetched."""
    if not hasattr(daemon, "finish"):
        raise Unwilling("unknown-method", "this is no worker")
    client.after_reply(daemon.finish)
    return {}


def _wish(params):
    """The way that the server's administrators have fixed, or None."""
    way = params.get("way")
    if way is not None and way not in WAYS:
        raise BadParams("way is none of %s" % ", ".join(WAYS))
    return way


def _job(daemon, params):
    identity = _take(params, "id", str)
    if not scheduler.IDENTITY.match(identity):
        raise BadParams("id is not that of a job")
    return daemon.batch.system(_take(params, "scheduler", str)), identity


METHODS = {"offers": offers, "jobs": jobs, "job-act": job_act, "job-log": job_log, "extend": extend,
           "extend-worker": extend_worker, "set-attribute": set_attribute, "shutdown-worker": shutdown_worker}
