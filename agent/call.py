"""What a job that calls back and the daemon that waits for it say to each other before the frames: three lines over TLS.

    daemon  ANSATZ-NONCE {nonce}        worker  ANSATZ-CALL {job, nonce, proof}        daemon  ANSATZ-PROOF {proof}

The worker has compared the certificate with the one it knows before it says a word; both proofs are made with the secret
of that one job over the certificate and both nonces, so none is worth anything anywhere else or a second time.
"""
import hashlib
import hmac
import json
import secrets

LONGEST = 900  # of a line
PATIENCE_S = 5.0  # for each of: the connection with its TLS, the lines


def fresh():
    """A secret or a nonce."""
    return secrets.token_hex(32)


def proof(secret, who, job, certificate, asked, answered):
    """That `who` ("worker", "daemon") knows the secret; `asked` is the daemon's nonce, `answered` the worker's."""
    words = "\n".join(("ansatz call 1", who, job, certificate, asked, answered))
    return hmac.new(secret.encode("utf-8"), words.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def same(one, other):
    """Compares proofs."""
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def line(word, **fields):
    """A line as bytes."""
    return ("ANSATZ-%s %s\n" % (word, json.dumps(fields))).encode("ascii")


def cut(held, word, names):
    """(the named fields, what follows) of the line that has come; (None, held) while it is not whole. ValueError for
    anything else."""
    end = held.find(b"\n")
    if max(end, 0) > LONGEST or end < 0 and len(held) > LONGEST:
        raise ValueError("too long")
    if end < 0:
        return None, held
    head, _, text = bytes(held[:end]).partition(b" ")
    if head != b"ANSATZ-" + word.encode("ascii"):
        raise ValueError("another word than %s" % word)
    try:
        fields = json.loads(text.decode("utf-8"))
    except RecursionError:
        raise ValueError("too deep")
    if not isinstance(fields, dict) or not all(isinstance(fields.get(name), str) for name in names):
        raise ValueError("not the fields of %s" % word)
    return [fields[name] for name in names], bytes(held[end + 1:])
