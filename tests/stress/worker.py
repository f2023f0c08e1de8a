"""The random commands of a client, and what must come of them."""

import asyncio
import re

from client import FLAGS, KEYWORDS, WORDS, Client, set_of
from connection import Closed, uid_list
from model import require

FEW, MANY = 15, 150  # messages in a mailbox that are to be more, or fewer


def numbers_in(value):
    """Of a set in an ESEARCH response, which may have come as one number."""
    return [value] if isinstance(value, int) else uid_list(value)


class Worker(Client):
    async def work(self, until):
        """Until the time; then the connection is open and no command under way."""
        operations = [self.fetch] * 10 + [self.store] * 12 + [self.search] * 6 + [self.noop] * 5 + [self.append] * 8 + \
            [self.expunge] * 5 + [self.copy] * 5 + [self.move] * 4 + [self.idle] * 5 + [self.go_on] * 4 + [self.status] * 2 + \
            [self.list] + [self.sort_or_thread] * 2 + [self.replace] * 3 + [self.fetch_unknown] * 4 + [self.changed_since] * 3 + \
            [self.several] * 3 + [self.body] * 3 + [self.deliver]
        if self.stress.passing:
            operations += [self.create] * 3 + [self.rename] * 2 + [self.delete] * 2
        loop = asyncio.get_running_loop()
        while loop.time() < until:
            try:
                if not self.connection:
                    await self.connect()
                if not self.model:
                    await self.select()
                    continue
                await self.chance.choice(operations)()
            except Closed:
                # Told by BYE, which is only right of a mailbox that may have been deleted.
                require(self.model is None or self.model.passing, "the connection is closed")
                await self.drop()

    # -- what to work on

    def known(self):
        """UIDs in the mailbox."""
        return sorted(self.model.by_uid)

    def some(self, most=8):
        """Some UIDs that are known, ascending; mostly a few."""
        known = self.known()
        if not known:
            return []
        if self.chance.random() < 0.3:
            first = self.chance.randrange(len(known))
            return known[first:first + self.chance.randrange(1, 40)]
        return sorted(self.chance.sample(known, self.chance.randrange(1, min(most, len(known)) + 1)))

    def named(self, uids):
        """A command's prefix and set for these UIDs: by number or by UID."""
        if not self.enabled.uid_only and self.chance.random() < 0.4:
            places = {entry.uid: place + 1 for place, entry in enumerate(self.model.entries)}
            return b"", set_of(places[uid] for uid in uids), True
        return b"UID ", set_of(uids), False

    def some_flags(self, most=3):
        chosen = self.chance.sample(FLAGS[:4] + KEYWORDS, self.chance.randrange(0, most + 1))
        if self.chance.random() < (0.6 if len(self.box.messages) > MANY else 0.15):
            chosen.append(b"\\Deleted")
        return chosen

    def content(self):
        self.stress.tokens += 1
        token = b"m%d" % self.stress.tokens
        lines = [b"From: %s@example.org" % self.name.encode(), b"Subject: " + token,
                 b"Message-ID: <%s@example.org>" % token, b"", *([b" ".join(self.chance.choices(WORDS, k=8))] * self.chance.randrange(1, 30))]
        return token, b"\r\n".join(lines) + b"\r\n"

    # -- looking

    async def noop(self):
        await self.ok(self.chance.choice([b"NOOP", b"NOOP", b"CHECK"]))

    async def go_on(self):
        await self.select()

    async def fetch(self):
        uids = self.some(20)
        if not uids:
            return
        prefix, chosen, number = self.named(uids)
        items = [b"FLAGS"] * (self.chance.random() < 0.7) + [b"MODSEQ"] * (self.sort != "plain" and self.chance.random() < 0.4) + \
            self.chance.sample([b"UID", b"INTERNALDATE", b"RFC822.SIZE", b"ENVELOPE", b"BODYSTRUCTURE", b"EMAILID", b"SAVEDATE",
                                b"BODY.PEEK[HEADER.FIELDS (SUBJECT)]"], self.chance.randrange(1, 4))
        if b"MODSEQ" in items:
            self.enabled.condstore = True
        result, command = await self.command(prefix + b"FETCH " + chosen + b" (" + b" ".join(items) + b")", number=number, solicited=items)
        self.check_fetch(result, command, uids)

    async def body(self):
        """Sets \\Seen, where the mailbox isn't read-only (RFC 9051 §6.4.5)."""
        uids = self.some(4)[:10]
        if not uids:
            return
        prefix, chosen, number = self.named(uids)
        command = self.begin(prefix + b"FETCH " + chosen + b" (RFC822.SIZE BODY[])", number=number, solicited=())
        seen = {} if self.model.read_only else {b"\\Seen": True}
        messages = [self.message(uid) for uid in uids]
        for message in messages:
            self.ledger.writing(message, seen, command.start)
        result = await self.finish(command)
        for message in messages:
            self.ledger.written(message, seen, command.start, command.end, message.uid in command.fetched)
        self.check_fetch(result, command, uids)

    async def changed_since(self):
        """CHANGEDSINCE, with QRESYNC also VANISHED (RFC 7162 §3.1.4.1, §3.2.6)."""
        model = self.model
        known = sorted(entry.modseq for entry in model.entries if entry.modseq)
        if not known or self.sort == "plain":
            return
        self.enabled.condstore = True
        since = self.chance.choice(known)
        vanished = b" VANISHED" if self.enabled.qresync and self.chance.random() < 0.7 else b""
        expected = {entry.uid for entry in model.entries if entry.uid and entry.modseq and entry.modseq > since}
        result, command = await self.command(b"UID FETCH 1:* (FLAGS MODSEQ) (CHANGEDSINCE %d%s)" % (since, vanished),
                                             solicited=(b"FLAGS", b"MODSEQ"), earlier=bool(vanished))
        self.check_fetch(result, command, expected)

    async def search(self):
        by_uid = self.enabled.uid_only or self.chance.random() < 0.6
        flag = self.chance.choice(FLAGS + KEYWORDS)
        key = flag[1:].upper() if flag.startswith(b"\\") else b"KEYWORD " + flag
        wanted = self.chance.random() < 0.6
        if not wanted:
            key = b"UN" + key if self.chance.random() < 0.5 else b"NOT " + key
        if self.chance.random() < 0.2:
            key = b"OR (%s SINCE 1-Jan-2000) (SUBJECT nothing-like-this)" % key
        known = list(self.model.by_uid)
        places = {number + 1: entry.uid for number, entry in enumerate(self.model.entries)}
        form = self.chance.choice([b"", b"", b"RETURN () ", b"RETURN (COUNT ALL) ", b"RETURN (SAVE COUNT ALL) "])
        result, command = await self.command((b"UID " if by_uid else b"") + b"SEARCH " + form + key, number=not by_uid)
        require(result.startswith(b"OK"), result)
        require(command.found is not None, "SEARCH without a result")
        found = command.found
        if form:
            found = [one for one in found if one not in (b"UID",)]
            data = dict(zip(found[::2], found[1::2], strict=True))
            found = numbers_in(data[b"ALL"]) if b"ALL" in data else []
            if b"COUNT" in form:
                require(data[b"COUNT"] == len(found), f"COUNT {data[b'COUNT']} of {found}")
        if not by_uid:
            require(all(1 <= one <= len(places) or one <= self.model.exists for one in found), f"numbers {found} of {self.model.exists}")
            found = [places.get(one) for one in found]
        require(len(found) == len(set(found) - {None}) + found.count(None), "a message is found twice")
        found = set(found)
        for uid in known:
            message = self.message(uid)
            if not message.settled:
                continue
            possible = self.ledger.possible(message, flag, command.start, command.end)
            require(wanted in possible if uid in found else (not wanted) in possible or self.ledger.may_be_gone(self.box, message),
                    lambda message=message: f"{key}: UID {message.uid} is {'' if message.uid in found else 'not '}found, "
                    f"{self.ledger.register(message, flag).writes}, {command.start} to {command.end}")
        if b"SAVE" in form and found and by_uid:
            again, command = await self.command(b"UID FETCH $ (FLAGS)", solicited=(b"FLAGS",))
            require(again.startswith((b"OK", b"NO [EXPUNGEISSUED]")), again)
            missing = [uid for uid in found - command.fetched.keys() if not self.ledger.may_be_gone(self.box, self.message(uid))]
            require(not missing, f"$ has {sorted(command.fetched)}, found were {sorted(found)}")

    def possible(self, message, flag, command):
        return self.ledger.possible(message, flag, command.start, command.end)

    async def sort_or_thread(self):
        by_uid = self.enabled.uid_only or self.chance.random() < 0.6
        what = self.chance.choice([b"SORT (REVERSE ARRIVAL SUBJECT)", b"SORT (SIZE FROM)", b"THREAD REFERENCES", b"THREAD ORDEREDSUBJECT"])
        known = {entry.uid if by_uid else number + 1: entry.uid for number, entry in enumerate(self.model.entries) if entry.uid}
        result, command = await self.command((b"UID " if by_uid else b"") + what + b" UTF-8 ALL", number=not by_uid)
        require(result.startswith(b"OK"), result)
        found = [int(one) for one in re.findall(r"\d+", str(command.found or []))]
        require(len(found) == len(set(found)), "a message is there twice")
        for one in known.keys() - set(found):
            require(self.ledger.may_be_gone(self.box, self.message(known[one])), f"{what}: {one} is missing")

    async def status(self):
        name = self.chance.choice(self.stress.names())
        if self.model.name == name:
            return
        # Asking for HIGHESTMODSEQ enables CONDSTORE (RFC 7162 §3.1).
        more = b"" if self.sort == "plain" else b" HIGHESTMODSEQ"
        self.enabled.condstore |= bool(more)
        result, command = await self.command(b'STATUS "%s" (MESSAGES UIDNEXT UIDVALIDITY UNSEEN SIZE DELETED%s)' % (name, more))
        if result.startswith(b"NO"):
            require(name not in self.stress.lasting, result)
            return
        data = command.lines[0][2]
        data = dict(zip(data[::2], data[1::2], strict=True))
        box = self.ledger.box(data[b"UIDVALIDITY"])
        box.passing |= name not in self.stress.lasting
        for told, number in ((box.uid_next, data[b"UIDNEXT"]), (box.highest, data.get(b"HIGHESTMODSEQ", 1 << 63))):
            if number == 1 << 63:
                continue
            require(number >= told.before(command.start), f"STATUS has {number} after {told.before(command.start)}: {data}")
            told.tell(command.end, number)

    async def list(self):
        command = await self.ok(b'LIST "" "*"')
        names = {re.search(rb'"?([^" ]+)"?$', line)[1] for line in command.lines}
        require(self.stress.lasting.keys() <= names, names)

    async def idle(self):
        """Until some has come or some time has passed."""
        command = self.begin(b"IDLE")
        loop = asyncio.get_running_loop()
        end = loop.time() + self.chance.random() * 0.5
        events = self.chance.randrange(0, 4)
        first = None
        while first != b"+":
            first, rest = await self.connection.response()
            if first != b"+":
                self.untagged(first, rest, command)
        while events > 0 and (left := end - loop.time()) > 0:
            if await self.comes(left):
                self.untagged(*await self.connection.response(), command)
                events -= 1
        self.connection.send(b"DONE\r\n")
        result = await self.finish(command)
        require(result.startswith(b"OK"), result)

    async def comes(self, seconds):
        """Whether bytes come in time."""
        try:
            if not self.connection.waits():
                await asyncio.wait_for(self.connection.fill(), seconds)
            return True
        except TimeoutError:
            return False

    # -- changing

    async def store(self):
        uids = self.some()
        if not uids:
            return
        command, done = self.begin_store(uids)
        result = await self.finish(command)
        done(result)

    def begin_store(self, uids, by_uid=False):
        """A STORE that has been sent, and what to do with its result."""
        model = self.model
        prefix, chosen, number = (b"UID ", set_of(uids), False) if by_uid else self.named(uids)
        mode, flags = self.chance.choice([b"", b"+", b"+", b"-"]), self.some_flags()
        silent = self.chance.random() < 0.4
        since = None
        if self.sort != "plain" and self.chance.random() < 0.3:
            if known := [model.by_uid[uid].modseq for uid in uids if model.by_uid[uid].modseq]:
                since = self.chance.choice(known)
                self.enabled.condstore = True
        text = prefix + b"STORE " + chosen + (b" (UNCHANGEDSINCE %d)" % since if since else b"") + b" " + mode + b"FLAGS" + \
            (b".SILENT" if silent else b"") + b" (" + b" ".join(flags) + b")"
        changes = {flag: mode != b"-" for flag in flags}
        if mode == b"":
            changes = {flag: flag in flags for flag in FLAGS + KEYWORDS}
        command = self.begin(text, number=number, solicited=())
        messages = [self.message(uid) for uid in uids]
        if not model.read_only:
            for message in messages:
                self.ledger.writing(message, changes, command.start)

        def done(result):
            if model.read_only:
                require(result.startswith(b"NO [READ-ONLY]"), result)
                return
            require(result.startswith((b"OK", b"NO [EXPUNGEISSUED]", b"NO [MODIFIED")), result)
            modified = set()
            if (code := self.code_of(command, b"MODIFIED")) is not None:
                require(since is not None, result)
                modified = set(uid_list(code))
                if number:
                    places = {place + 1: entry.uid for place, entry in enumerate(model.entries)}
                    modified = {places[one] for one in modified}
                require(modified <= set(uids), f"MODIFIED {modified} of {uids}")
            for message in messages:
                certain = None if message.uid in modified else not result.startswith(b"NO")
                self.ledger.written(message, changes, command.start, command.end, certain)
                if certain and not silent and message.uid not in command.fetched:
                    require(self.ledger.may_be_gone(self.box, message), f"STORE tells nothing of UID {message.uid}")
                entry = model.by_uid.get(message.uid)
                if silent and entry and b"FLAGS" not in command.fetched.get(message.uid, {}):
                    if certain:
                        self.believe(entry, mode, frozenset(flags))
                    elif certain is False:  # NO: which of them were changed isn't told
                        entry.flags = entry.flags_modseq = None
        return command, done

    def believe(self, entry, mode, flags):
        """What a client makes of a STORE that was answered by silence (RFC 9051 §6.4.6)."""
        entry.flags_modseq = None
        if mode == b"":
            entry.flags = flags
        elif entry.flags is not None:
            entry.flags = entry.flags - flags if mode == b"-" else entry.flags | flags

    async def several(self):
        """Commands that are sent before the first is answered: by UID, for numbers would be ambiguous (RFC 9051 §5.5)."""
        if not self.known() or self.model.read_only:
            return
        sent = []
        for _ in range(self.chance.randrange(2, 5)):
            if self.chance.random() < 0.6:
                sent.append(self.begin_store(self.some(), by_uid=True))
            else:
                sent.append((self.begin(b"NOOP"), lambda result: require(result.startswith(b"OK"), result)))
        for command, done in sent:
            done(await self.finish(command))

    async def append(self):
        name = self.chance.choice([self.model.name, *self.stress.names()])
        if len(self.box.messages) > MANY and self.chance.random() < 0.8:
            return
        made = [(*self.content(), self.some_flags()) for _ in range(self.chance.choice([1, 1, 1, 2, 5]))]
        text = b'APPEND "%s"' % name + b"".join(b" (%s) {%d+}\r\n%s" % (b" ".join(flags), len(content), content) for _, content, flags in made)
        result, command = await self.command(text)
        if result.startswith(b"NO"):
            require(b"[TRYCREATE]" in result and name not in self.stress.lasting, result)
            return
        self.appended(command, name, [(token, flags) for token, _, flags in made])

    async def deliver(self):
        inbox = self.ledger.boxes.get(self.stress.lasting[b"INBOX"])
        if not inbox or len(inbox.messages) < MANY:
            await self.stress.deliver()

    def appended(self, command, name, made):
        validity, uids = self.code_of(command, b"APPENDUID").split()
        uids = uid_list(uids)
        require(len(uids) == len(made) and uids == sorted(uids), f"APPENDUID {uids}")
        box = self.box_named(name, int(validity))
        for uid, (token, flags) in zip(uids, made):
            self.ledger.born(box, uid, command.start, token, flags)

    def box_named(self, name, validity):
        require(self.stress.lasting.get(name) in (None, validity), f"{name} has UIDVALIDITY {validity}")
        if name in self.stress.lasting:
            self.stress.lasting[name] = validity
        box = self.ledger.box(validity)
        box.passing |= name not in self.stress.lasting
        return box

    async def replace(self):
        uids = self.some(1)[:1]
        if not uids or self.model.read_only:
            return
        prefix, chosen, number = self.named(uids)
        name = self.chance.choice([self.model.name, *self.stress.names()])
        token, content = self.content()
        flags = self.some_flags()
        box, uid = self.box, uids[0]
        message = self.message(uid)
        command = self.begin(prefix + b'REPLACE %s "%s" (%s) {%d+}\r\n%s' % (chosen, name, b" ".join(flags), len(content), content))
        message.may_be_gone = True
        result = await self.finish(command)
        if result.startswith(b"NO"):
            require(b"[NONEXISTENT]" in result or b"[TRYCREATE]" in result and name not in self.stress.lasting, result)
            return
        self.appended(command, name, [(token, flags)])
        require(uid not in self.model.by_uid, f"REPLACE of {uid} leaves it in the mailbox")
        self.ledger.is_gone(box, message, self.name)

    async def copy(self):
        await self.transfer(b"COPY", self.some(6)[:12])

    async def move(self):
        if not self.model.read_only:
            await self.transfer(b"MOVE", self.some(4)[:6])

    async def transfer(self, verb, uids):
        if not uids or verb == b"COPY" and len(self.box.messages) > MANY:
            return
        name = self.chance.choice(self.stress.names())
        prefix, chosen, number = self.named(uids)
        box, messages = self.box, [self.message(uid) for uid in uids]
        command = self.begin(prefix + b'%s %s "%s"' % (verb, chosen, name))
        for message in messages:
            message.may_be_gone |= verb == b"MOVE"
        result = await self.finish(command)
        if result.startswith(b"NO"):
            require(b"[TRYCREATE]" in result and name not in self.stress.lasting, result)
            return
        code = self.code_of(command, b"COPYUID")
        copied = []
        if code:
            validity, sources, targets = code.split()
            sources, targets = uid_list(sources), uid_list(targets)
            require(len(sources) == len(targets) and set(sources) <= set(uids) and targets == sorted(targets), f"{verb} {uids}: COPYUID {code}")
            target = self.box_named(name, int(validity))
            for source, copy in zip(sources, targets):
                self.ledger.copied(self.ledger.message(box, source, command.end), target, copy, command.start)
            copied = sources
        for message in messages:
            if message.uid not in copied:
                require(self.ledger.may_be_gone(box, message), f"{verb} leaves out UID {message.uid}")
            elif verb == b"MOVE":
                require(message.uid not in self.model.by_uid, f"MOVE of {message.uid} leaves it in the mailbox")
                self.ledger.is_gone(box, message, self.name)

    async def expunge(self):
        """Afterwards nothing is there that was \\Deleted all the time."""
        model, box, uids = self.model, self.box, None
        if model.read_only:
            return
        if len(box.messages) < FEW and self.chance.random() < 0.7:
            return
        if self.chance.random() < 0.5:
            uids = self.some(20)
            if not uids:
                return
        command = self.begin(b"UID EXPUNGE " + set_of(uids) if uids else b"EXPUNGE")
        self.ledger.removing(box, command, command.start, uids)
        try:
            result = await self.finish(command)
        finally:
            self.ledger.removed(box, command, self.ledger.moment)
        require(result.startswith(b"OK"), result)
        for uid in model.by_uid if uids is None else set(uids) & model.by_uid.keys():
            message = self.message(uid)
            require(not message.settled or False in self.possible(message, b"\\Deleted", command),
                    f"UID {uid} was \\Deleted and is still there after {'UID EXPUNGE' if uids else 'EXPUNGE'}")

    # -- mailboxes that come and go

    async def create(self):
        await self.about_name(b'CREATE "%s"' % self.chance.choice(self.stress.passing))

    async def delete(self):
        """Who deletes the mailbox that it has selected has none then."""
        name = self.chance.choice(self.stress.passing)
        if self.model.passing:
            await self.leave_for_good()
        await self.about_name(b'DELETE "%s"' % name)

    async def rename(self):
        if self.model.passing:
            await self.leave_for_good()
        await self.about_name(b'RENAME "%s" "%s"' % tuple(self.chance.sample(self.stress.passing, 2)))

    async def leave_for_good(self):
        await self.ok(b"UNSELECT")
        self.model = None

    async def about_name(self, text):
        result, _ = await self.command(text)
        require(result.startswith(b"OK") or re.match(rb"NO \[(ALREADYEXISTS|NONEXISTENT)\]", result), result)

    # -- when all stop

    async def compare(self, truth):
        """This session knows what a new one sees. `truth`: {UIDVALIDITY: {UID: (flags, MODSEQ, token)}}."""
        model = self.model
        try:
            await self.ok(b"NOOP")
            await self.fetch_unknown()
        except Closed:
            require(model.passing and model.validity not in truth, "the connection is closed")
            await self.drop()
            return
        require(model.validity in truth, f"{model.name} of UIDVALIDITY {model.validity} is gone, and the session goes on")
        seen = truth[model.validity]
        require(sorted(model.by_uid) == sorted(seen), lambda: f"{model.name}: of UIDs it knows {sorted(model.by_uid.keys() - seen.keys())}, "
                f"which aren't there, and not {sorted(seen.keys() - model.by_uid.keys())}")
        require(model.exists == len(seen), f"EXISTS is {model.exists}, and there are {len(seen)}")
        for uid, entry in model.by_uid.items():
            flags, modseq, token = seen[uid]
            require(entry.flags in (None, flags), f"{model.name}: flags of UID {uid} ({token}) are {sorted(flags)}, and it was told {sorted(entry.flags or ())}")
            if self.sort != "plain" and entry.flags_modseq is not None:
                require(entry.flags_modseq == modseq, f"{model.name}: MODSEQ of UID {uid} is {modseq}, and it was told {entry.flags_modseq}")

    async def start_idle(self):
        self.idling = self.begin(b"IDLE")
        first = None
        while first != b"+":
            first, rest = await self.connection.response()
            if first != b"+":
                self.untagged(first, rest, self.idling)
        self.before_idle = self.model.exists

    async def hear_of_it(self):
        while self.model.exists == self.before_idle:
            self.untagged(*await self.connection.response(), self.idling)
        self.connection.send(b"DONE\r\n")
        result = await self.finish(self.idling)
        require(result.startswith(b"OK"), result)
