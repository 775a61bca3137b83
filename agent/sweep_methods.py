"""What a client can ask for about sweeps: one function per method, each (daemon, client, parameters, attachments)."""
import json
import re
import time
import uuid

import scheduler
from job_kernel import own_environment
from kernel import Unwilling
from params import BadParams, take as _take, texts as _texts

MOST_POINTS = 500
MOST_CHARACTERS = 8 * 1024 * 1024
_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}\Z")


async def sweep_start(daemon, client, params, attachments):
    """Gives the jobs of a sweep to the scheduler, in the background."""
    try:
        about = scheduler.resources(_take(params, "job", dict))
    except scheduler.Unfit as error:
        raise BadParams(str(error))
    on_error = _take(params, "onError", str, "stop")
    if on_error not in ("stop", "continue"):
        raise BadParams("onError is neither stop nor continue")
    points = [_point(each) for each in _take(params, "points", list)]
    if not 0 < len(points) <= MOST_POINTS or len({point["name"] for point in points}) != len(points):
        raise BadParams("points are not 1 to %d of different names" % MOST_POINTS)
    if len(json.dumps(points)) > MOST_CHARACTERS:
        raise BadParams("the parameters are too long")
    argv, env = _texts(_take(params, "argv", list), "argv"), _take(params, "env", dict, {})
    _texts(env.values(), "env")
    if not argv or any("=" in name or "\0" in name or not name for name in env):
        raise BadParams("argv is empty or a name in env is not one")
    mode = _take(params, "interruptMode", str, "signal")
    if mode not in ("signal", "message"):
        raise BadParams("interruptMode is neither signal nor message")
    cwd, language, title = _texts([_take(params, name, str, "") for name in ("cwd", "language", "title")], "cwd")
    system, folder = daemon.batch.system(about["scheduler"]), _folder(params)
    if system not in await daemon.batch.present():
        raise Unwilling("submit", "%s is not on this machine" % system.name)
    argv, env = own_environment(argv, env)
    return {"started": await daemon.sweeps.start(folder, {
        "id": uuid.uuid4().hex, "title": title[:200], "made": time.time(), "onError": on_error, "resources": about,
        "stopped": False, "points": points,
        "how": {"argv": argv, "env": env, "cwd": cwd, "interruptMode": mode, "language": language}})}


async def sweep(daemon, client, params, attachments):
    """How the jobs of a sweep are."""
    return await (await daemon.sweeps.open(_folder(params))).status()


async def sweep_stop(daemon, client, params, attachments):
    """Removes those that are not over."""
    await daemon.sweeps.stop(_folder(params))
    return {}


def _folder(params):
    folder = _texts([_take(params, "folder", str)], "folder")[0]
    if not folder.startswith("/") or len(folder) > 4096:
        raise BadParams("folder is not an absolute path")
    return folder


def _point(value):
    if not isinstance(value, dict) or not isinstance(value.get("name"), str) or not _NAME.match(value["name"]):
        raise BadParams("the name of a point has letters, digits, - and _ only, up to 80 of them")
    if not isinstance(value.get("parameters"), dict):
        raise BadParams("the parameters of a point are no object")
    return {"name": value["name"], "parameters": value["parameters"]}


METHODS = {"sweep-start": sweep_start, "sweep": sweep, "sweep-stop": sweep_stop}
