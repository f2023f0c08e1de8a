"""Fifty sessions at a time on the mailboxes of one account, each with random commands. Each keeps what a client knows when it
believes all that it is told, and together they know what flags and messages there may be (ledger.py). From time to time
all stop, and each must know just what a new session sees; all that wait in IDLE must hear of a new message; and the
memory of imapd must not have grown.

POSTHOUSE_SECONDS=600 makes it long, POSTHOUSE_SEED=N repeats the choices of each, POSTHOUSE_SESSIONS=N is how many there are."""

import asyncio
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "system"))

from client import Client  # noqa: E402
from connection import PATIENCE  # noqa: E402
from hostile import is_sanitized  # noqa: E402
from ledger import Ledger  # noqa: E402
from model import require  # noqa: E402
from posthouse_test import SystemTest, main, setting  # noqa: E402
from worker import Worker  # noqa: E402

SEED = setting("SEED", 0) or random.randrange(1, 1 << 32)
SECONDS = setting("SECONDS", 6.0)
SESSIONS = setting("SESSIONS", 50)
ROUND = 3.0  # seconds between two times when all stop
WARM = 6  # rounds after which memory should not grow
LASTING, PASSING = ["INBOX", "Shared", "Shared/Second"], [f"Passing/{name}" for name in "abcdef"]


class Looker(Client):
    """One who comes to see how things are."""

    async def look(self, name):
        """(UIDVALIDITY, {UID: (flags, MODSEQ, token)}), or None when there is no such mailbox."""
        await self.connect()
        try:
            command = self.begin(b'EXAMINE "%s"' % name)
            if (await self.finish(command)).startswith(b"NO"):
                return None
            validity = int(self.code_of(command, b"UIDVALIDITY"))
            command = self.begin(b"UID FETCH 1:* (UID FLAGS MODSEQ BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
            require((await self.finish(command)).startswith(b"OK"), "FETCH")
            return validity, command.seen
        finally:
            await self.drop()

    async def append(self, name):
        self.stress.tokens += 1
        token = b"w%d" % self.stress.tokens
        content = b"From: a@example.org\r\nSubject: %s\r\n\r\nhello\r\n" % token
        command = await self.ok(b'APPEND "%s" (\\Flagged) {%d+}\r\n%s' % (name, len(content), content))
        validity, uid = self.code_of(command, b"APPENDUID").split()
        self.ledger.born(self.ledger.box(int(validity)), int(uid), command.start, token, [b"\\Flagged"])

    def about_message(self, items, command):
        if items[1] != b"FETCH":
            return
        data = dict(zip(items[2][::2], items[2][1::2], strict=True))
        command.seen[data[b"UID"]] = (frozenset(data[b"FLAGS"]) - {b"\\Recent"}, data[b"MODSEQ"][0],
                                      data[b"BODY[HEADER.FIELDS (SUBJECT)]"].split()[1])


class Stress:
    def __init__(self, instance, user, seed, passing):
        self.instance, self.user, self.seed = instance, user, seed
        self.address = instance.address("imap")
        self.ledger = Ledger()
        self.lasting = {name.encode(): None for name in LASTING}  # {name: UIDVALIDITY}
        self.passing = [name.encode() for name in PASSING] if passing else []
        self.tokens = 0
        self.delivered = set()
        self.memory = []
        self.clients = []

    def names(self):
        return [*self.lasting] * 3 + self.passing

    async def run(self, sessions, seconds):
        self.looker = Looker(self, 0)
        self.looker.sort, self.looker.name = "plain", "looker"
        await self.looker.connect()
        for name in [*self.lasting, *self.passing][1:]:
            await self.looker.ok(b'CREATE "%s"' % name)
        await self.looker.drop()
        self.clients = [Worker(self, number) for number in range(sessions)]
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while loop.time() < end:
            until = min(loop.time() + ROUND, end)
            await together([watched(client, client.work(until)) for client in self.clients])
            await self.settle()
            self.memory.append(self.memory_of_imapd())

    # -- when all stop

    async def settle(self):
        truth = {}
        for name in [*self.lasting, *self.passing]:
            if found := await self.looker.look(name):
                truth[found[0]] = found[1]
                box = self.ledger.box(found[0])
                box.passing |= name not in self.lasting
                for uid, (_, _, token) in found[1].items():
                    self.ledger.token(self.ledger.message(box, uid, self.ledger.now()), token)
                self.ledger.settle(box, {uid: flags for uid, (flags, _, _) in found[1].items()}, name.decode())
        for validity in self.ledger.boxes.keys() - truth.keys():
            require(self.ledger.boxes[validity].passing, f"the mailbox of UIDVALIDITY {validity} is gone")
            del self.ledger.boxes[validity]
        missing = self.delivered - self.ledger.tokens
        require(len(missing) <= self.ledger.nameless, f"delivered, and never seen: {missing}; {self.ledger.nameless} were gone before anybody looked")
        await together([watched(client, client.compare(truth)) for client in self.clients if client.model])
        await self.wake()

    async def wake(self):
        """A new message in each mailbox wakes all that wait there."""
        idle = [client for client in self.clients if client.model and not client.model.passing]
        await together([watched(client, client.start_idle()) for client in idle])
        await self.looker.connect()
        for name in self.lasting:
            await self.looker.append(name)
        await self.looker.drop()
        await together([watched(client, client.hear_of_it()) for client in idle])

    def memory_of_imapd(self):
        """KiB of all workers that are their own: mapped pages of the index grow with what it remembers, and are the disk's."""
        return sum(int(line.split()[1]) for pid in self.instance.pids("imapd")
                   for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("RssAnon:"))

    async def deliver(self):
        """Mail comes by LMTP."""
        self.tokens += 1
        token = b"d%d" % self.tokens
        reader, writer = await asyncio.open_unix_connection(self.lmtp)
        for line, code in ((b"", b"220"), (b"LHLO client.example.org", b"250"), (b"MAIL FROM:<a@example.org>", b"250"),
                           (b"RCPT TO:<%s>" % self.user.address.encode(), b"250"), (b"DATA", b"354"),
                           (b"From: a@example.org\r\nSubject: %s\r\n\r\nhello\r\n." % token, b"250"), (b"QUIT", b"221")):
            if line:
                writer.write(line + b"\r\n")
            while (reply := await asyncio.wait_for(reader.readline(), PATIENCE))[3:4] == b"-":
                pass
            require(reply.startswith(code), f"{line}: {reply}")
        self.delivered.add(token)
        writer.close()


async def watched(client, work):
    """Does the work; what it raises tells what was said."""
    try:
        await work
    except Exception as failure:
        story = client.connection.story if client.connection else ()
        raise AssertionError(f"{client.name}: {failure or type(failure).__name__}\n" + "\n".join(map(str, story))) from failure


async def together(work):
    """All of it; what one of them raises ends the others."""
    try:
        async with asyncio.TaskGroup() as group:
            for one in work:
                group.create_task(one)
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None


class Sessions(SystemTest):
    settings = {"tls.allow_plain_login": "true", "auth.failure_delay": "0", "imapd.workers": "2", "lmtpd.workers": "1"}

    def stress(self, name, passing):
        print(f"\nseed: POSTHOUSE_SEED={SEED}")
        stress = Stress(self.instance, self.instance.user(name), SEED, passing)
        stress.lmtp = self.instance.address("lmtp")
        asyncio.run(stress.run(SESSIONS, SECONDS))
        print(f"commands: {sum(client.count for client in stress.clients)}, memory in KiB: {stress.memory[::max(1, len(stress.memory) // 20)]}")
        if len(stress.memory) > 2 * WARM and not is_sanitized():
            self.assertLess(stress.memory[-1], stress.memory[WARM] * 1.2 + 4096, stress.memory)

    def test_sessions_know_what_is_so(self):
        self.stress("alice", passing=False)

    def test_sessions_know_what_is_so_while_mailboxes_come_and_go(self):
        self.stress("bob", passing=True)


if __name__ == "__main__":
    main()
