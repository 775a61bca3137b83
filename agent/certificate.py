"""The daemon's own certificate, made by the program `openssl`: the standard library can use one, not make one.

Nobody signs it and nobody checks its dates: who calls knows its SHA-256. Key and certificate are one private file.
"""
import hashlib
import os
import shutil
import time

import runtime

DAYS, OLD_S = 365, 100 * 86400
_SETTINGS = b"[req]\ndistinguished_name = name\nprompt = no\n[name]\nCN = ansatz\n"


class Missing(Exception):
    """There is none; the text says why."""


def path(folder):
    """The file."""
    return os.path.join(folder, "door.pem")


def read(folder):
    """Its SHA-256 in hexadecimal and its age in seconds, or None."""
    import ssl
    try:
        with open(path(folder)) as file:
            text = file.read()
        der = ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERTIFICATE"):].strip())
        return hashlib.sha256(der).hexdigest(), time.time() - os.stat(path(folder)).st_mtime
    except (OSError, ValueError):
        return None


def program(environment):
    """Where openssl is, or None."""
    return shutil.which("openssl", path=environment["PATH"])


async def make(children, folder, environment):
    """Makes it anew. The key is never in a file that another could read: openssl prints it."""
    openssl, settings, key = program(environment), os.path.join(folder, "door.cnf"), os.path.join(folder, "door.key")
    if not openssl:
        raise Missing("There is no openssl on this machine.")

    async def run(*words):
        code, out, err = await children.run([openssl] + list(words), 30.0, "/", environment)
        if code != 0 or "-----BEGIN" not in out:
            raise Missing("openssl: %s" % (err.strip()[-500:] or "it has made nothing"))
        return out.encode("ascii", "replace")
    try:
        runtime.write_private(settings, _SETTINGS)
        made = await run("ecparam", "-name", "prime256v1", "-genkey", "-noout")
        runtime.write_private(key, made)
        made += await run("req", "-new", "-x509", "-sha256", "-days", str(DAYS), "-config", settings, "-key", key)
        runtime.write_private(path(folder), made)
    except OSError as error:
        raise Missing("%s: %s" % (folder, error.strerror))
    finally:
        for name in (settings, key):
            if os.path.exists(name):
                os.unlink(name)
