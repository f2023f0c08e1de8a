"""A connection of IMAP for many at one time: responses come as values (imap_values.py), and what went over it is kept."""

import asyncio
import collections
import re
import zlib

from imap_values import values

PATIENCE = 120  # seconds for one response
LITERAL = re.compile(rb"\{(\d+)\}\r\n$")


class Closed(Exception):
    """The server has ended the connection."""


class Connection:
    def __init__(self, name):
        self.name = name
        self.buffer = bytearray()
        self.inflater = None
        self.story = collections.deque(maxlen=120)  # the last that was said, for people

    async def open(self, address):
        self.reader, self.writer = await asyncio.open_connection(*address, limit=1 << 20)
        return await self.response()

    def send(self, data):
        self.story.append(b"C: " + data[:300])
        if self.inflater:
            data = self.deflater.compress(data) + self.deflater.flush(zlib.Z_SYNC_FLUSH)
        self.writer.write(data)

    def compress(self):
        """From here on both sides send what deflate makes (RFC 4978)."""
        self.deflater, self.inflater = zlib.compressobj(wbits=-15), zlib.decompressobj(wbits=-15)
        more, self.buffer = bytes(self.buffer), bytearray()
        self.buffer += self.inflater.decompress(more)

    async def fill(self):
        try:
            more = await asyncio.wait_for(self.reader.read(1 << 16), PATIENCE)
        except TimeoutError:
            raise AssertionError(f"no response within {PATIENCE} s") from None
        except ConnectionError:
            more = b""
        if not more:
            raise Closed
        self.buffer += self.inflater.decompress(more) if self.inflater else more

    async def take(self, size):
        while len(self.buffer) < size:
            await self.fill()
        taken = bytes(self.buffer[:size])
        del self.buffer[:size]
        return taken

    async def line(self):
        looked = 0
        while (end := self.buffer.find(b"\n", looked)) < 0:
            looked = len(self.buffer)
            await self.fill()
        return await self.take(end + 1)

    async def response(self):
        """The next response: the first word (a tag, `*` or `+`) and the bytes behind it."""
        whole = await self.line()
        while literal := LITERAL.search(whole):
            whole += await self.take(int(literal[1]))
            whole += await self.line()
        self.story.append(b"S: " + whole[:300].rstrip())
        assert whole.endswith(b"\r\n"), whole
        first, _, rest = whole[:-2].partition(b" ")
        return first, rest

    def waits(self):
        """Whether something has come already."""
        return bool(self.buffer)

    async def close(self):
        self.writer.close()
        try:
            await self.writer.wait_closed()
        except (ConnectionError, OSError):
            pass


def uid_list(text):
    """The numbers of `1:3,5`."""
    found = []
    for part in text.split(b","):
        first, _, last = part.partition(b":")
        found += range(int(first), int(last or first) + 1)
    return found


__all__ = ["Closed", "Connection", "uid_list", "values"]
