"""A relay between mail programs and an IMAP listener that keeps what is said, so that tests see what a program asked, what it
heard, and how often it waited for an answer.

    with Recorder(self.instance) as recorder:                 # is used in place of the instance
        Programs(recorder).mbsync("imaps", user, "mail", "")
        for exchange in recorder.exchanges(): ...

Programs talk to it over TLS from the start, with the instance's certificate, and it talks so to the instance. What COMPRESS
makes of the bytes is undone in the record only."""

import asyncio
import dataclasses
import re
import ssl
import threading
import zlib

from posthouse_test import PATIENCE


@dataclasses.dataclass
class Exchange:
    """One command and its answer. Literals stand in both where they came."""

    command: bytes  # without its tag; continuation lines and literals follow
    waited: bool  # it was sent when all before it had been answered: it cost the program a round trip
    untagged: list = dataclasses.field(default_factory=list)
    result: str = ""  # the tagged line without its tag; empty when none came

    @property
    def verb(self):
        words = self.command.split(None, 2)
        return b" ".join(words[:2] if words[:1] == [b"UID"] else words[:1]).decode(errors="replace").upper()

    def __str__(self):
        command = re.sub(rb"\r\n.*", b" ...", self.command.rstrip(b"\r\n"), flags=re.S)
        if self.verb in ("LOGIN", "AUTHENTICATE"):
            command = self.verb.encode() + b" ..."
        size = sum(map(len, self.untagged))
        return (f"{'> ' if self.waited else '  '}{command.decode(errors='replace')[:300]}\n"
                f"      {len(self.untagged)} responses, {size} bytes; {self.result}")


class Conversation:
    """One connection, taken apart as its bytes come."""

    def __init__(self):
        self.exchanges = []
        self.greeting = b""
        self.unasked = []  # responses while no command was running
        self.pending = {}  # tag: exchange
        self.last = None
        self.client = self.server = b""
        self.inflate = None  # (client's, server's) after COMPRESS

    def from_client(self, data):
        self.client += self.inflate[0].decompress(data) if self.inflate else data
        while (line := first_line(self.client)) is not None:
            self.client = self.client[len(line):]
            if self.last and not self.last.result and self.last.verb in ("AUTHENTICATE", "IDLE"):
                self.last.command += line
                continue
            tag, _, command = line.partition(b" ")
            self.last = Exchange(command, waited=not self.pending)
            self.pending[tag.rstrip()] = self.last
            self.exchanges.append(self.last)

    def from_server(self, data):
        self.server += self.inflate[1].decompress(data) if self.inflate else data
        while (line := first_line(self.server)) is not None:
            self.server = self.server[len(line):]
            tag, _, rest = line.partition(b" ")
            if tag in self.pending:
                ended = self.pending.pop(tag)
                ended.result = rest.rstrip(b"\r\n").decode(errors="replace")
                if ended.verb == "COMPRESS" and ended.result.startswith("OK"):
                    self.inflate = zlib.decompressobj(-15), zlib.decompressobj(-15)
                    self.server = self.inflate[1].decompress(self.server)
            elif not self.greeting:
                self.greeting = line
            elif self.pending:
                next(iter(self.pending.values())).untagged.append(line)
            else:
                self.unasked.append(line)


def first_line(data):
    """The first line of `data` with the literals in it, as soon as all of it is there. Synchronizing literals of clients count
    as theirs: the server's continuation request is a response of its own."""
    end = 0
    while True:
        at = data.find(b"\r\n", end)
        if at < 0:
            return None
        literal = re.search(rb"\{(\d+)\+?\}$", data[end:at])
        end = at + 2
        if not literal:
            return data[:end]
        end += int(literal[1])
        if len(data) < end:
            return None


class Recorder:
    """Stands for `instance`: its port("imaps") is the relay's, everything else the instance's."""

    def __init__(self, instance):
        self.instance = instance
        self.conversations = []
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.theirs = ssl.create_default_context(cafile=instance.certificate)
        self.ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.ours.load_cert_chain(instance.certificate, instance.certificate.with_name("key.pem"))

    def __getattr__(self, name):
        return getattr(self.instance, name)

    def port(self, listener):
        return self.own_port if listener == "imaps" else self.instance.port(listener)

    def address(self, listener):
        return ("127.0.0.1", self.own_port) if listener == "imaps" else self.instance.address(listener)

    def __enter__(self):
        self.thread.start()
        listening = asyncio.start_server(self.relay, "127.0.0.1", 0, ssl=self.ours)
        self.server = asyncio.run_coroutine_threadsafe(listening, self.loop).result(PATIENCE)
        self.own_port = self.server.sockets[0].getsockname()[1]
        return self

    def __exit__(self, *_):
        async def end():
            self.server.close()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self.loop).result(PATIENCE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(PATIENCE)
        self.loop.close()

    async def relay(self, reader, writer):
        conversation = Conversation()
        self.conversations.append(conversation)
        far_reader, far_writer = await asyncio.open_connection(
            "127.0.0.1", self.instance.port("imaps"), ssl=self.theirs, server_hostname="localhost")
        await asyncio.gather(pass_on(reader, far_writer, conversation.from_client),
                             pass_on(far_reader, writer, conversation.from_server))

    def forget(self):
        """What was said so far no longer counts."""
        self.conversations = []

    def exchanges(self):
        """All commands, connection by connection."""
        return [exchange for conversation in self.conversations for exchange in conversation.exchanges]

    def verbs(self):
        return [exchange.verb for exchange in self.exchanges()]

    def refused(self):
        """Commands that were not answered OK, but for those whose connection ended first."""
        return [exchange for exchange in self.exchanges() if exchange.result and not exchange.result.startswith("OK")]

    def __str__(self):
        return "\n".join(f"--- connection {number}, {sum(exchange.waited for exchange in one.exchanges)} round trips\n"
                         + "\n".join(map(str, one.exchanges)) for number, one in enumerate(self.conversations, 1))


async def pass_on(reader, writer, record):
    """Passes on what comes until either side ends."""
    try:
        while data := await reader.read(1 << 16):
            record(data)
            writer.write(data)
            await writer.drain()
    except (ConnectionError, ssl.SSLError):
        pass
    finally:
        writer.close()
