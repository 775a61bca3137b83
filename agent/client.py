"""One connection to the daemon: takes requests, writes replies and events, forgets its subscriptions when it ends."""
import asyncio
import sys
import traceback

import frames
from kernel import Unwilling
from methods import METHODS
from params import BadParams
from streams import Streams


#: Bytes not yet taken by a client at which its requests are no longer read. Above the windows of several subscriptions:
#: somebody behind a slow line must still be able to interrupt what floods it
UNSENT = 16 * 1024 * 1024
SILENT = ("ack", "terminal-ack", "stream")  # not answered when sent without an id


class Client(asyncio.Protocol):
    """A protocol instance per connection."""

    def __init__(self, daemon):
        self._daemon, self._decoder, self._transport = daemon, frames.Decoder(), None
        self._after = []
        self.subscriptions, self.watchers = {}, {}
        self.streams = Streams(lambda fields, parts: self.write(frames.encode(dict(fields, event="stream"), parts)))

    def connection_made(self, transport):
        """Says hello."""
        self._transport = transport
        transport.set_write_buffer_limits(high=UNSENT)
        self._daemon.clients.add(self)
        transport.write(self._daemon.hello())

    def connection_lost(self, error):
        """The client is gone; kernels and their records are not concerned."""
        self._daemon.clients.discard(self)
        for subscription in self.subscriptions.values():
            subscription.close()
        self.subscriptions.clear()
        for watcher in self.watchers.values():
            watcher.close()
        self.watchers.clear()
        self.streams.close()

    def pause_writing(self):
        """Events are bounded by their windows; replies are bounded by not reading more requests."""
        self._transport.pause_reading()

    def resume_writing(self):
        """The client reads again."""
        self._transport.resume_reading()

    def data_received(self, data):
        """Handles the complete frames."""
        try:
            for header, attachments in self._decoder.feed(data):
                self._request(header, attachments)
        except frames.BadFrame as fault:
            self._reply(None, error={"code": "bad-frame", "message": str(fault)})
            self._transport.close()

    def _request(self, header, attachments):
        identity, name = header.get("id"), header.get("method")
        params = header.get("params", {})
        if not isinstance(identity, (int, str, type(None))) or not isinstance(name, str):
            raise frames.BadFrame("a request has an id and the name of a method")
        method = METHODS.get(name)
        if method is None:
            self._reply(identity, error={"code": "unknown-method", "message": "there is no method %s" % name[:100]})
            return
        try:
            if not isinstance(params, dict):
                raise BadParams("params is not an object")
            result = method(self._daemon, self, params, attachments)
            if asyncio.iscoroutine(result):
                asyncio.ensure_future(self._later(identity, result))
            elif name not in SILENT or identity is not None:
                self._reply(identity, result=result)
        except Exception as fault:  # one bad request must not take the daemon along
            self._reply(identity, error=_explain(fault))
        waiting, self._after = self._after, []
        for action in waiting:
            action()

    async def _later(self, identity, coroutine):
        try:
            self._reply(identity, result=await coroutine)
        except Exception as fault:
            self._reply(identity, error=_explain(fault))

    def _reply(self, identity, **outcome):
        self.write(frames.encode(dict(outcome, id=identity)))

    def after_reply(self, action):
        """Runs an action when the reply to the request at hand has been written."""
        self._after.append(action)

    def write(self, data):
        """Sends the bytes of a frame."""
        if not self._transport.is_closing():
            self._transport.write(data)

    def close(self):
        """Ends the connection when everything is written."""
        self._transport.close()


def _explain(fault):
    if isinstance(fault, BadParams):
        return {"code": "bad-params", "message": str(fault)}
    if isinstance(fault, Unwilling):
        return {"code": fault.code, "message": str(fault)}
    traceback.print_exception(type(fault), fault, fault.__traceback__, file=sys.stderr)
    return {"code": "internal", "message": "%s: %s" % (type(fault).__name__, fault)}
