"""Another server to which mail is sent: it takes mail, puts it off, refuses it, is silent, or closes, as its mood is. What it
has answered with 250 it keeps."""

import asyncio
import collections
import re

GOOD, SOFT, HARD, SILENT, CLOSED = "good", "soft", "hard", "silent", "closed"
STAGES = ("connect", "EHLO", "MAIL", "RCPT", "DATA", "end of data", "after end of data")
LINE = 1 << 16


class Destination:
    """Listens on `port` of 127.0.0.1. `mood(stage)` says how it answers there; the end of data counts what was taken."""

    def __init__(self, port, mood):
        self.port, self.mood = port, mood
        self.taken = collections.Counter()  # of (token, recipient), answered 250
        self.unanswered = collections.Counter()  # taken, and the connection ended before the answer
        self.server = None

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, limit=LINE)

    async def stop(self):
        self.server.close()
        await self.server.wait_closed()

    async def serve(self, reader, writer):
        try:
            await self.converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError, EOFError):
            pass  # also when the test ends
        finally:
            writer.close()

    async def converse(self, reader, writer):
        await self.answer(writer, "connect", "220 destination.example ESMTP")
        sender, recipients = None, []
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb in (b"EHLO", b"HELO"):
                await self.answer(writer, "EHLO", "250-destination.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES")
            elif verb == b"MAIL":
                sender, recipients = await self.answer(writer, "MAIL", "250 2.1.0 Ok"), []
            elif verb == b"RCPT":
                if await self.answer(writer, "RCPT", "250 2.1.5 Ok"):
                    recipients.append(re.search(rb"<(.*?)>", line)[1].decode())
            elif verb == b"DATA":
                if not recipients or not sender:
                    writer.write(b"503 5.5.1 No recipients\r\n")
                elif await self.answer(writer, "DATA", "354 Go on"):
                    await self.take(reader, writer, recipients)
                recipients = []
            elif verb == b"RSET":
                recipients = []
                writer.write(b"250 2.0.0 Ok\r\n")
            elif verb == b"QUIT":
                writer.write(b"221 2.0.0 Bye\r\n")
                await writer.drain()
                return
            else:
                writer.write(b"502 5.5.1 What?\r\n")

    async def take(self, reader, writer, recipients):
        content = []
        while (line := await reader.readline()) != b".\r\n":
            if not line.endswith(b"\n"):
                raise EOFError
            content.append(line)
        token = re.search(rb"(?m)^Subject: (\S+)\r$", b"".join(content))[1].decode()
        if not await self.answer(writer, "end of data", ""):
            return
        for recipient in recipients:
            self.taken[token, recipient] += 1
        if self.mood("after end of data") != GOOD:
            for recipient in recipients:
                self.unanswered[token, recipient] += 1
            raise EOFError
        writer.write(b"250 2.0.0 Ok\r\n")
        await writer.drain()

    async def answer(self, writer, stage, good):
        """True: the good answer was given."""
        mood = self.mood(stage)
        if mood == CLOSED:
            raise EOFError
        if mood == SILENT:
            await asyncio.sleep(3600)
        code = {GOOD: good, SOFT: "451 4.3.0 Not in the mood", HARD: "550 5.7.1 Never in the mood"}[mood]
        if code:
            writer.write(code.encode() + b"\r\n")
            await writer.drain()
        return mood == GOOD
