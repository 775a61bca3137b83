"""A request whose answer concerns only who asked it: completion, inspection, a look at the variables.

It is neither journalled nor spooled, so it is answered at once also while outputs queue up, and nothing of it is kept.
"""
import asyncio
import json

OUTPUTS_LIMIT = 8 * 1024 * 1024
_SHOWN = ("stream", "display_data", "execute_result", "error")


class Question:
    """One request under way. `answer` is a future of {type, content, outputs}."""

    def __init__(self, kind):
        self.answer = asyncio.get_event_loop().create_future()
        self._whole = kind == "execute_request"  # whose outputs may come after its reply
        self._reply, self._idle, self._outputs, self._size = None, False, [], 0

    def hear(self, channel, message):
        """A message whose parent is this request."""
        if channel != "iopub":
            self._reply = (message.type, json.loads(message.content.decode("utf-8")))
        elif message.type == "status":
            self._idle = self._idle or b'"idle"' in message.content
        elif message.type in _SHOWN:
            self._size += len(message.content)
            if self._size <= OUTPUTS_LIMIT:
                self._outputs.append({"type": message.type, "content": json.loads(message.content.decode("utf-8"))})
        if self._reply and (self._idle or not self._whole) and not self.answer.done():
            kind, content = self._reply
            self.answer.set_result({"type": kind, "content": content, "outputs": self._outputs})
