"""Messages for a kernel that cannot take them yet, because its job waits or is away: in memory and in a file, in order.

They leave when the worker has answered for them. Its journal knows what came twice, so all are sent again after a break.
"""
import json
import os

import frames

MOST, MOST_BYTES = 1000, 64 * 1024 * 1024


class Full(Exception):
    """There are too many."""


class Outbox:
    """Requests by message id."""

    def __init__(self, path):
        self._path, self._items, self._bytes = path, {}, 0
        try:
            with open(path, "rb") as file:
                for frame, header, attachments in frames.Decoder().whole(file.read()):
                    header.pop("bin", None)
                    self._items[header["msgId"]] = (header, attachments, len(frame))
                    self._bytes += len(frame)
        except (OSError, frames.BadFrame, KeyError):
            pass  # what was cut short had not been accepted

    def __contains__(self, identity):
        return identity in self._items

    def __len__(self):
        return len(self._items)

    def add(self, params, attachments):
        """Keeps the parameters of a `send`; raises Full."""
        frame = frames.encode(json.dumps(params).encode("ascii"), attachments)
        if len(self._items) >= MOST or self._bytes + len(frame) > MOST_BYTES:
            raise Full
        self._items[params["msgId"]] = (params, attachments, len(frame))
        self._bytes += len(frame)
        self._write(os.O_APPEND, frame)

    def all(self):
        """(params, attachments), the oldest first."""
        return [item[:2] for item in self._items.values()]

    def drop(self, identity):
        """The worker has it."""
        item = self._items.pop(identity, None)
        if item:
            self._bytes -= item[2]
            if not self._items:  # else what is in the file twice is known to the worker's journal
                self._write(os.O_TRUNC, b"")

    def clear(self):
        """Nobody will take them."""
        self._items, self._bytes = {}, 0
        self._write(os.O_TRUNC, b"")

    def _write(self, how, data):
        try:
            handle = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | how, 0o600)
            try:
                os.write(handle, data)
            finally:
                os.close(handle)
        except OSError:
            pass  # a full disk: they outlive everything but this process

