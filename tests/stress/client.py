"""A client that does random commands, as fast as they are answered, and believes and checks all that it is told."""

import random
import re

from connection import Closed, Connection, uid_list, values
from model import Enabled, Entry, Model, Violation, require

FLAGS = [b"\\Seen", b"\\Answered", b"\\Flagged", b"\\Draft", b"\\Deleted"]
KEYWORDS = [b"$Forwarded", b"Junk", b"k1", b"k2", b"k3"]
SORTS = {"plain": 4, "condstore": 2, "qresync": 3, "uid_only": 1}
WORDS = [b"apple", b"pear", b"plum", b"quince"]


class Command:
    """One that is under way: what may come of it, and what came."""

    def __init__(self, start, number, solicited, earlier):
        self.start = start
        self.number = number  # FETCH, STORE, SEARCH and their like by number: no message may go (RFC 9051 §7.5.1)
        self.solicited = solicited
        self.earlier = earlier  # VANISHED (EARLIER) may come
        self.fetched = {}  # {UID: data}, as far as UIDs are known
        self.seen = {}  # {UID: what a new session sees}
        self.vanished = set()  # (EARLIER)
        self.gone = set()  # not (EARLIER)
        self.exists = None  # as it was told first
        self.found = None
        self.codes = []
        self.lines = []


class Client:
    def __init__(self, stress, number):
        self.stress, self.ledger = stress, stress.ledger
        self.sort = [sort for sort, share in SORTS.items() for _ in range(share)][number % sum(SORTS.values())]
        self.name = f"{self.sort}-{number}"
        self.chance = random.Random(f"{stress.seed} {self.name}")
        self.model = None
        self.connection = None
        self.remembered = {}  # {mailbox's name: (UIDVALIDITY, MODSEQ, {UID: flags})}
        self.count = 0
        self.tag = 0

    # -- the connection

    async def connect(self):
        self.connection = Connection(self.name)
        self.enabled, self.model = Enabled(), None
        await self.connection.open(self.stress.address)
        await self.ok(b'LOGIN "%s" "%s"' % (self.stress.user.address.encode(), self.stress.user.password.encode()))
        if self.chance.random() < 0.2:
            await self.ok(b"COMPRESS DEFLATE")
            self.connection.compress()
        if self.sort in ("qresync", "uid_only") and (self.sort == "qresync" or self.chance.random() < 0.5):
            await self.ok(b"ENABLE QRESYNC")
            self.enabled.qresync = self.enabled.condstore = True
        if self.sort == "uid_only":
            await self.ok(b"ENABLE UIDONLY")
            self.enabled.uid_only = True
        if self.sort == "condstore":
            await self.ok(b"ENABLE CONDSTORE")
            self.enabled.condstore = True

    async def command(self, text, number=False, solicited=(), earlier=False):
        """The tagged response's text, and the command with what came."""
        command = self.begin(text, number, solicited, earlier)
        return await self.finish(command), command

    def begin(self, text, number=False, solicited=(), earlier=False):
        self.tag += 1
        self.count += 1
        command = Command(0, number, frozenset(solicited), earlier)
        command.tag = b"%s-%d" % (self.name.encode(), self.tag)
        command.start = self.ledger.begin(command)
        self.connection.send(command.tag + b" " + text + b"\r\n")
        return command

    async def finish(self, command):
        try:
            while True:
                first, rest = await self.connection.response()
                if first == command.tag:
                    break
                self.untagged(first, rest, command)
        finally:
            command.end = self.ledger.end(command)
        self.code(rest, command)
        require(not rest.startswith(b"BAD"), rest)
        if self.model:
            self.model.highest = max(self.model.highest or 0, self.model.seen_modseq)
        return rest

    async def ok(self, text, **options):
        result, command = await self.command(text, **options)
        require(result.startswith(b"OK"), result)
        return command

    # -- what is told

    def untagged(self, first, rest, command):
        require(first == b"*", f"neither tag nor *: {first} {rest}")
        word = rest.partition(b" ")[0]
        if word in (b"OK", b"NO", b"BAD", b"BYE"):
            if word == b"BYE":
                require(b"deleted" in rest and self.model and self.model.passing, rest)
                raise Closed
            require(word == b"OK", rest)
            self.code(rest, command)
        elif word in (b"CAPABILITY", b"ENABLED", b"LIST"):
            command.lines.append(rest)
        else:
            items = values(rest)
            if isinstance(items[0], int):
                self.about_message(items, command)
            else:
                self.about_mailbox(items, command)

    def about_message(self, items, command):
        number, kind = items[0], items[1]
        model = self.model
        require(model is not None, items)
        if kind == b"EXISTS":
            model.exists_is(number)
            command.exists = command.exists if command.exists is not None else number
        elif kind == b"RECENT":
            require(number <= model.exists, f"RECENT {number} of {model.exists}")
        elif kind == b"EXPUNGE":
            require(not command.number, "EXPUNGE during a command by number (RFC 9051 §7.5.1)")
            self.is_gone(model.expunge(number))
        else:
            require(kind == (b"UIDFETCH" if self.enabled.uid_only else b"FETCH"), items)
            self.fetched(number, items[2], command)

    def about_mailbox(self, items, command):
        kind = items[0]
        if kind == b"VANISHED":
            earlier = items[1] == (b"EARLIER",)
            uids = uid_list(str(items[-1]).encode() if isinstance(items[-1], int) else items[-1])
            if earlier:
                require(command.earlier, f"VANISHED (EARLIER) by itself: {items}")
                command.vanished.update(uids)
                for uid in uids:
                    require(uid not in self.model.by_uid, f"VANISHED (EARLIER) {uid}, which is still in the mailbox")
                    if uid in self.box.messages:
                        self.is_gone(uid)
            else:
                require(not command.number, "VANISHED during a command by number (RFC 7162 §3.2.10)")
                for uid in uids:
                    self.model.vanished(uid)
                    command.gone.add(uid)
                    self.is_gone(uid)
        elif kind in (b"SEARCH", b"SORT"):
            require(command.found is None, "two results")
            command.found = [one for one in items[1:] if isinstance(one, int)]
        elif kind == b"ESEARCH":
            require(items[1] == (b"TAG", command.tag), items)
            command.found = items[2:]
        elif kind == b"THREAD":
            command.found = items[1:]
        elif kind == b"STATUS":
            command.lines.append(items)
        else:
            require(kind == b"FLAGS", items)

    def fetched(self, number, items, command):
        entry, before = self.model.fetched(number, items, command.solicited)
        if entry.uid is None:
            return
        message = self.message(entry.uid)
        data = dict(zip(items[::2], items[1::2]))
        command.fetched[entry.uid] = data
        if b"FLAGS" in data:
            self.ledger.check_flags(message, entry.flags, command.start, self.ledger.moment, self.name)
        for name, value in data.items():
            if name.startswith(b"BODY[HEADER.FIELDS"):
                self.ledger.token(message, re.search(rb"Subject: (\S+)", value)[1])
            elif name == b"BODY[]":
                self.ledger.token(message, re.search(rb"\r\nSubject: (\S+)", value)[1])
                require(len(value) == data.get(b"RFC822.SIZE", len(value)), f"RFC822.SIZE of {entry.uid}")
            elif name == b"ENVELOPE":
                self.ledger.token(message, value[1].split()[0])

    def code(self, rest, command):
        match = re.match(rb"\S+ \[([A-Z-]+)(?: ([^\]]*))?\]", rest)
        if match:
            command.codes.append((match[1], match[2]))
            if match[1] == b"UIDVALIDITY" and self.model and self.model.validity is None:
                self.model.validity = int(match[2])
                self.box.passing |= self.model.passing
            if match[1] == b"HIGHESTMODSEQ" and self.model:
                self.model.seen_modseq = max(self.model.seen_modseq, int(match[2]))

    @property
    def box(self):
        return self.ledger.box(self.model.validity)

    def message(self, uid):
        return self.ledger.message(self.box, uid, self.ledger.moment)

    def is_gone(self, uid):
        if uid is not None:
            self.ledger.is_gone(self.box, self.message(uid), self.name)

    def code_of(self, command, name):
        return next((value for code, value in command.codes if code == name), None)

    # -- selecting

    async def select(self, name=None):
        name = name or self.chance.choice(self.stress.names())
        await self.leave()
        if not self.connection:
            return
        known = self.remembered.get(name) if self.enabled.qresync and self.chance.random() < 0.8 else None
        text, uids = b"SELECT" if self.chance.random() < 0.85 else b"EXAMINE", b""
        text += b' "%s"' % name
        if known:
            validity, modseq, flags = known
            if flags and self.chance.random() < 0.4:
                if self.chance.random() < 0.5:
                    flags = {uid: one for uid, one in flags.items() if self.chance.random() < 0.5} or flags
                uids = b" " + set_of(flags)
            text += b" (QRESYNC (%d %d%s))" % (validity, modseq, uids)
        elif self.sort != "plain" and self.chance.random() < 0.3:
            text += b" (CONDSTORE)"
        self.model = Model(name, self.enabled)
        self.model.passing = name not in self.stress.lasting
        self.model.read_only = text.startswith(b"EXAMINE")
        model = self.model
        if b"CONDSTORE" in text:
            self.enabled.condstore = True
        result, command = await self.command(text, earlier=known is not None)
        if result.startswith(b"NO"):
            require(model.passing and b"[NONEXISTENT]" in result, result)
            self.model = None
            return
        self.check_selected(command)
        if known and validity == model.validity:
            self.check_resync(uids, flags, command)
        if self.sort == "plain" and self.chance.random() < 0.3:
            return
        if model.has_unknown() or self.chance.random() < 0.2:
            await self.fetch_all()

    def check_selected(self, command):
        model, box = self.model, self.box
        next_uid, highest = int(self.code_of(command, b"UIDNEXT")), int(self.code_of(command, b"HIGHESTMODSEQ"))
        require(next_uid >= box.uid_next.before(command.start), f"UIDNEXT {next_uid} after {box.uid_next.before(command.start)}")
        require(highest >= box.highest.before(command.start), f"HIGHESTMODSEQ {highest} after {box.highest.before(command.start)}")
        box.uid_next.tell(command.end, next_uid)
        box.highest.tell(command.end, highest)
        model.uid_next, model.highest = next_uid, highest
        if model.name in self.stress.lasting:
            require(self.stress.lasting[model.name] in (None, model.validity), f"{model.name} has UIDVALIDITY {model.validity}")
            self.stress.lasting[model.name] = model.validity

    def check_resync(self, uids, flags, command):
        """After QRESYNC the client knows all of the messages that it asked about, and if it didn't name any of all there are
        (RFC 7162 §3.2.5). `flags`: {UID: flags} as they were when it was here before, `uids`: whether it named them."""
        model = self.model
        flags = {uid: one for uid, one in flags.items() if uid not in command.vanished}
        for uid, data in command.fetched.items():
            require(b"FLAGS" in data and b"MODSEQ" in data, f"QRESYNC: {data}")
            flags[uid] = frozenset(data[b"FLAGS"]) - {b"\\Recent"}
        for uid, value in flags.items():
            if uid in command.gone:
                continue
            message = self.message(uid)
            self.ledger.is_there(self.box, message, command.start, f"{self.name}, by QRESYNC")
            self.ledger.check_flags(message, value, command.start, command.end, f"{self.name}, by QRESYNC")
        require(len(flags) <= command.exists, f"EXISTS {command.exists}, and after QRESYNC there should be {sorted(flags)}")
        # Those that went while it was selected were among them.
        if len(flags.keys() | set(command.gone)) < command.exists:
            require(uids, f"EXISTS {command.exists}, and QRESYNC told only of {sorted(flags)}")
            return
        for uid in command.gone:
            flags.pop(uid, None)
        for place, uid in enumerate(sorted(flags)):
            if uid not in model.by_uid:
                if self.enabled.uid_only:
                    model.entries.append(Entry(uid))
                    model.by_uid[uid] = model.entries[-1]
                else:
                    model.is_uid(place + 1, model.entries[place], uid)
            model.by_uid[uid].flags = flags[uid]

    async def fetch_all(self):
        model = self.model
        items = b"(UID FLAGS MODSEQ)" if self.enabled.condstore else b"(UID FLAGS)"
        solicited = (b"UID", b"FLAGS", b"MODSEQ")
        if model.exists == 0:
            return
        if not self.enabled.uid_only and self.chance.random() < 0.5:
            result, command = await self.command(b"FETCH 1:* " + items, number=True, solicited=solicited)
        else:
            result, command = await self.command(b"UID FETCH 1:* " + items, solicited=solicited)
        self.check_fetch(result, command, ())

    async def fetch_unknown(self):
        """The UIDs that are missing. Without UIDONLY they stand at known numbers."""
        model = self.model
        if not model or not model.has_unknown():
            return
        solicited = (b"UID", b"FLAGS")
        if self.enabled.uid_only:
            result, command = await self.command(b"UID FETCH 1:* (FLAGS)", solicited=solicited)
        else:
            numbers = [place + 1 for place, entry in enumerate(model.entries) if entry.uid is None]
            result, command = await self.command(b"FETCH " + set_of(numbers) + b" (UID FLAGS)", number=True, solicited=solicited)
        self.check_fetch(result, command, ())

    def check_fetch(self, result, command, wanted):
        """Of every message that a FETCH names something comes, unless it is gone."""
        if result.startswith(b"NO"):
            require(b"[EXPUNGEISSUED]" in result, result)
        for uid in wanted:
            if uid not in command.fetched:
                require(self.ledger.may_be_gone(self.box, self.message(uid)), f"FETCH tells nothing of UID {uid}")
                require(result.startswith(b"NO") or self.message(uid).gone, f"FETCH is OK and tells nothing of UID {uid}")

    async def leave(self):
        """Goes from the mailbox in one of several ways; a client with QRESYNC remembers what it knows."""
        if not self.model:
            return
        if self.enabled.qresync and self.chance.random() < 0.8:
            await self.fetch_unknown()
            await self.ok(b"NOOP")
            model = self.model
            if not model.has_unknown() and all(entry.flags is not None for entry in model.entries):
                self.remembered[model.name] = (model.validity, model.highest, {entry.uid: entry.flags for entry in model.entries})
        way = self.chance.choice(["close", "unselect", "select", "select", "drop"])
        if way == "close":
            await self.close_mailbox()
        elif way == "unselect":
            await self.ok(b"UNSELECT")
            self.model = None
        elif way == "drop" and self.chance.random() < 0.3:
            await self.drop()
            await self.connect()

    async def close_mailbox(self):
        """CLOSE expunges without telling."""
        box, read_only = self.box, self.model.read_only
        command = self.begin(b"CLOSE")
        if not read_only:
            self.ledger.removing(box, command, command.start)
        self.model = None
        try:
            result = await self.finish(command)
        finally:
            if not read_only:
                self.ledger.removed(box, command, self.ledger.moment)
        require(result.startswith(b"OK"), result)

    async def drop(self):
        """The connection just goes."""
        if self.connection:
            await self.connection.close()
        self.connection, self.model = None, None


def set_of(numbers):
    """A sequence set, with ranges."""
    parts, numbers = [], sorted(numbers)
    while numbers:
        first = last = numbers.pop(0)
        while numbers and numbers[0] == last + 1:
            last = numbers.pop(0)
        parts.append(b"%d" % first if first == last else b"%d:%d" % (first, last))
    return b",".join(parts)


__all__ = ["FLAGS", "KEYWORDS", "WORDS", "Client", "Violation", "set_of"]
