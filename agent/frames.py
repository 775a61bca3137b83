"""The wire between agent and gateway: frame := u32be(bytes that follow) u32be(header bytes) header attachments.

The header is one JSON object whose "bin" lists the lengths of the attachments.
"""
import json
import struct

LIMIT = 64 * 1024 * 1024
_SIZES = struct.Struct(">II")


class BadFrame(Exception):
    """What arrived is not a frame; the text names the fault. The connection cannot be used any more."""


def encode(header, attachments=()):
    """One frame as bytes. The header is a dict, or JSON text already encoded and ending in "}"."""
    if isinstance(header, dict):
        header = json.dumps(header).encode("ascii")
    if attachments:
        sizes = json.dumps([len(part) for part in attachments]).encode("ascii")
        header = header[:-1] + b', "bin": ' + sizes + b"}"
    body = b"".join([header, *attachments])
    return _SIZES.pack(len(body) + 4, len(header)) + body


class Decoder:
    """Cuts a stream of bytes into frames."""

    def __init__(self):
        self._held = bytearray()

    def feed(self, data):
        """Yields (header, attachments) for each complete frame. Raises BadFrame at the first fault."""
        for _, header, attachments in self.whole(data):
            yield header, attachments

    def whole(self, data):
        """The same with the bytes of the frame before: (bytes, header, attachments)."""
        self._held += data
        at = 0
        try:
            while len(self._held) - at >= 8:
                size, header_size = _SIZES.unpack_from(self._held, at)
                if size > LIMIT:
                    raise BadFrame("a frame of %d bytes is over the limit of %d" % (size, LIMIT))
                if size < 4 or header_size > size - 4:
                    raise BadFrame("the header (%d bytes) is longer than its frame (%d)" % (header_size, size))
                if len(self._held) - at < size + 4:
                    break
                frame, at = bytes(self._held[at:at + 4 + size]), at + 4 + size
                yield (frame, *_open(frame[8:], header_size))
        finally:
            del self._held[:at]


def _open(body, header_size):
    try:
        header = json.loads(body[:header_size].decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise BadFrame("the header is not JSON: %s" % error)
    if not isinstance(header, dict):
        raise BadFrame("the header is not a JSON object")
    sizes = header.get("bin", [])
    if not isinstance(sizes, list) or not all(type(size) is int and size >= 0 for size in sizes):
        raise BadFrame('"bin" is not a list of lengths')
    if sum(sizes) != len(body) - header_size:
        raise BadFrame('"bin" promises %d bytes, %d follow' % (sum(sizes), len(body) - header_size))
    attachments, at = [], header_size
    for size in sizes:
        attachments.append(body[at:at + size])
        at += size
    return header, attachments
