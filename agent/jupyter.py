"""Jupyter messages (protocol 5.3 to 5.5): signing, checking, and the JSON parts as the bytes they arrived in.

The content of a kernel's message is parsed once, to be sure that it is JSON a browser can read, and then passed on
unchanged: writing 50 MB of output as JSON a second time would cost more than everything else the agent does.
"""
import collections
import datetime
import hashlib
import hmac
import json

DELIMITER = b"<IDS|MSG>"

#: type, id and parent are text; content and metadata are JSON as bytes
Message = collections.namedtuple("Message", "type id parent content metadata buffers")


class Rejected(Exception):
    """A message that is not believed: wrong signature, a repetition, or not a message at all."""


class Session:
    """One side of the conversation with one kernel. The key is that of the connection file."""

    def __init__(self, key, session):
        self._key, self._session = key.encode("utf-8"), session
        self._seen = collections.OrderedDict()

    def _sign(self, parts):
        mac = hmac.new(self._key, digestmod=hashlib.sha256)
        for part in parts:
            mac.update(part)
        return mac.hexdigest().encode("ascii")

    def pack(self, identity, kind, content, metadata=None, buffers=(), parent=None, subshell=None):
        """The parts of a message with a given id; `subshell` names the one it is for (JEP 91)."""
        header = {
            "msg_id": identity, "msg_type": kind, "session": self._session, "username": "ansatz", "version": "5.3",
            "date": datetime.datetime.now(datetime.timezone.utc).isoformat(),
        }
        if subshell:
            header["subshell_id"] = subshell
        parts = [json.dumps(part).encode("ascii") for part in (header, parent or {}, metadata or {}, content)]
        return [DELIMITER, self._sign(parts)] + parts + list(buffers)

    def forget(self):
        """Messages that were unpacked before are not repetitions any more."""
        self._seen.clear()

    def unpack(self, parts):
        """The message in these parts; raises Rejected."""
        try:
            at = parts.index(DELIMITER)
        except ValueError:
            raise Rejected("no delimiter")
        if len(parts) < at + 6:
            raise Rejected("too few parts")
        signature, signed = parts[at + 1], parts[at + 2:at + 6]
        if not hmac.compare_digest(signature, self._sign(signed)):
            raise Rejected("wrong signature")
        if signature in self._seen:
            raise Rejected("a repetition")
        self._seen[signature] = True
        if len(self._seen) > 4096:
            self._seen.popitem(last=False)
        header, parent = _object(signed[0]), _object(signed[1])
        return Message(
            type=str(header.get("msg_type", "")), id=str(header.get("msg_id", "")), parent=str(parent.get("msg_id", "")),
            content=_strict(signed[3]), metadata=_strict(signed[2]), buffers=parts[at + 6:])


def _object(data):
    try:
        value = json.loads(data.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        raise Rejected("a part is not JSON")
    if not isinstance(value, dict):
        raise Rejected("a part is not an object")
    return value


def _refuse(constant):
    raise ValueError(constant)


def _strict(data):
    """The same bytes when they are an object in JSON proper; a mended copy when they hold NaN or broken text."""
    if data == b"{}":
        return data
    try:
        if isinstance(json.loads(data.decode("utf-8"), parse_constant=_refuse), dict):
            return data
    except (ValueError, RecursionError):
        pass
    return json.dumps(_mend(_object(data))).encode("ascii")


def _mend(value):
    if isinstance(value, float) and (value != value or value in (float("inf"), float("-inf"))):
        return None
    if isinstance(value, dict):
        return {key: _mend(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_mend(item) for item in value]
    return value
