"""Messages that are not believed, and the channels as a whole."""
import json
import unittest

import harness  # noqa: F401  puts the agent on the path
import jupyter


class SessionTest(unittest.TestCase):
    """Two sides with one key."""

    def setUp(self):
        """A message as it would arrive."""
        self.ours, self.theirs = jupyter.Session("key", "a"), jupyter.Session("key", "b")
        self.parts = self.theirs.pack("id", "stream", {"text": "\ud83d \u2603"}, buffers=[b"b"], parent={"msg_id": "p"})

    def test_believed_once(self):
        """With topic and buffers; a repetition is dropped."""
        message = self.ours.unpack([b"topic"] + self.parts)
        self.assertEqual((message.type, message.id, message.parent, message.buffers), ("stream", "id", "p", [b"b"]))
        self.assertEqual(json.loads(message.content), {"text": "\ud83d \u2603"})
        with self.assertRaises(jupyter.Rejected):
            self.ours.unpack([b"topic"] + self.parts)

    def test_not_believed(self):
        """Another key, a changed part, missing parts, no message at all."""
        other = jupyter.Session("other", "b").pack("id", "stream", {})
        changed = self.parts[:5] + [b'{"text": "evil"}'] + self.parts[6:]
        for parts in (other, changed, self.parts[:4], [b"noise"], []):
            with self.assertRaises(jupyter.Rejected):
                self.ours.unpack(parts)

    def test_signed_nonsense(self):
        """A correct signature over something that is not JSON."""
        for part in (b"", b"[]", b"{", b"\xff", b"[" * 100000):
            signed = [b"{}", b"{}", b"{}", part]
            with self.assertRaises(jupyter.Rejected):
                self.ours.unpack([jupyter.DELIMITER, self.theirs._sign(signed)] + signed)
