"""Random operations of a mail user through one server, and what they must leave: every message by its token, a word that
its Subject says.

    operator = Operator(server, user, random.Random(7), "p")
    operator.perform(12)
    operator.expected               # Counter of tokens in the whole account

Everything asked for is possible and must be answered OK; so nobody else may work on the account meanwhile."""

import collections
import re
import time

from mail_state import existing, listed, messages_in, quoted

FLAGS = ["\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft"]
# Fewer than the 26 that fit on disk: what is beyond them Dovecot keeps in its index alone.
KEYWORDS = ["$Forwarded", "$MDNSent", "$Label1", "$Label2", "Junk", "NonJunk", "a", "work", "x-y_z!", "Later", "2024", "todo"]
# Levels of names, in modified UTF-7: what has to be quoted, escaped or encoded somewhere.
LEVELS = [b"Work", b"Q1", b"Entw&APw-rfe", b"two words", b'quo"te', b"back\\slash", b"R&-D", b"wave~", b"&Jjo-", b"[x] {2}", b"(p)",
          b"#public", b"&AOQ-,b", b"-dash", b"x'y", b"@home", b"$%*"]
MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


def message(chance, token):
    """A message in CRLF lines that says its token."""
    lines = [b"From: sender@example.org", b"Subject: " + token.encode(), b"Message-ID: <%s@example.org>" % token.encode(), b""]
    for _ in range(chance.randrange(1, 30)):
        lines.append(bytes(chance.choice(b"abc .>=\xc3\xa4\xff\t") for _ in range(chance.choice([0, 1, 20, 70, 300]))))
    return b"\r\n".join(lines) + chance.choice([b"\r\n", b"\r\n\r\n", b""])


def date_of(chance):
    """A date-time of IMAP from 1971 to 2037, in some zone."""
    moment = time.gmtime(chance.randrange(366 * 86400, 2**31 - 86400))
    zone = chance.choice(["+0000", "-0800", "+0530", "+1300"])
    return f'"{moment.tm_mday:2}-{MONTHS[moment.tm_mon - 1]}-{moment.tm_year} {time.strftime("%H:%M:%S", moment)} {zone}"'


class Operator:
    def __init__(self, server, user, chance, prefix, expected=None):
        self.server = server
        self.user = user
        self.chance = chance
        self.prefix = prefix
        self.expected = collections.Counter() if expected is None else expected
        self.number = 0
        self.done = []

    def perform(self, count):
        operations = [self.deliver] * 3 + [self.append] * 4 + [self.store] * 7 + [self.expunge] * 2 + [self.copy] * 3 + [self.move] * 3 + \
            [self.create] * 3 + [self.rename] * 2 + [self.delete, self.subscribe, self.unsubscribe, self.retrieve, self.keep_open]
        with self.server.imap(self.user) as self.session:
            for _ in range(count):
                operation = self.chance.choice(operations)
                operation()
            self.command("LOGOUT")

    def fill(self, names, count):
        """Makes these mailboxes, subscribes to them and puts so many messages into each."""
        with self.server.imap(self.user) as self.session:
            for name in names:
                if name != b"INBOX":
                    self.command(b"CREATE " + quoted(name))
                self.command(b"SUBSCRIBE " + quoted(name))
                for _ in range(count):
                    self.append(name)

    # -- parts

    def command(self, text):
        """The tagged response, which must be OK, and the untagged ones."""
        result, responses = self.session.command(text)
        self.done = self.done[-40:] + [text[:100]]
        assert result.startswith("OK"), f"{self.server}, {text[:100]!r}: {result}, after\n" + "\n".join(map(str, self.done))
        return result, responses

    def token(self):
        self.number += 1
        return f"{self.prefix}{self.number}"

    def mailboxes(self):
        return existing(self.session, listed(self.session))

    def fresh_name(self):
        """A name that doesn't exist, perhaps below one that does, with which no existing name would get a parent."""
        taken = listed(self.session)
        while True:
            parent = self.chance.choice([b""] * 2 + [name for name in taken if name.count(b"/") < 2])
            name = (parent + b"/" if parent else b"") + self.chance.choice(LEVELS)
            if self.chance.random() < 0.2:
                name += b"/" + self.chance.choice(LEVELS)
            if name not in taken:
                return name

    def select(self):
        """Selects a mailbox, one with messages if there is any. Its name and messages."""
        names = self.mailboxes()
        self.chance.shuffle(names)
        for name in names:
            self.command(b"SELECT " + quoted(name))
            messages = messages_in(self.session)
            if messages:
                break
        return name, messages

    def some(self, messages):
        """Some of the UIDs, and the set that names them."""
        uids = sorted(self.chance.sample(sorted(messages), self.chance.randrange(1, min(6, len(messages)) + 1)))
        return uids, ",".join(map(str, uids))

    def some_flags(self):
        return " ".join(self.chance.sample(FLAGS + KEYWORDS, self.chance.randrange(0, 6)))

    # -- operations

    def deliver(self):
        token = self.token()
        content = message(self.chance, token)
        # A last line without its end can't be sent by LMTP.
        assert self.server.deliver(self.user, content if content.endswith(b"\r\n") else content + b"\r\n")
        self.expected[token] += 1

    def append(self, name=None):
        token = self.token()
        content = message(self.chance, token)
        date = date_of(self.chance) + " " if self.chance.random() < 0.7 else ""
        self.command(b"APPEND %s (%s) %s{%d+}\r\n%s" % (quoted(name or self.chance.choice(self.mailboxes())),
                                                       self.some_flags().encode(), date.encode(), len(content), content))
        self.expected[token] += 1

    def store(self):
        _, messages = self.select()
        if messages:
            _, chosen = self.some(messages)
            self.command(f"UID STORE {chosen} {self.chance.choice(['FLAGS', '+FLAGS', '+FLAGS', '-FLAGS'])}"
                         f"{self.chance.choice(['', '.SILENT'])} ({self.some_flags()})")

    def expunge(self):
        _, messages = self.select()
        if not messages:
            return
        uids, chosen = self.some(messages)
        self.command(f"UID STORE {chosen} +FLAGS (\\Deleted)")
        way = self.chance.choice(["EXPUNGE", "CLOSE", f"UID EXPUNGE {chosen}"])
        self.command(way)
        for uid, one in messages.items():
            if uid in uids or not way.startswith("UID") and "\\Deleted" in one.flags:
                self.expected[one.token] -= 1

    def copy(self):
        _, messages = self.select()
        if messages:
            uids, chosen = self.some(messages)
            self.command(f"UID COPY {chosen} ".encode() + quoted(self.chance.choice(self.mailboxes())))
            self.expected.update(messages[uid].token for uid in uids)

    def move(self):
        name, messages = self.select()
        others = [one for one in self.mailboxes() if one != name]
        if messages and others:
            self.command(f"UID MOVE {self.some(messages)[1]} ".encode() + quoted(self.chance.choice(others)))

    def create(self):
        self.command(b"CREATE " + quoted(self.fresh_name()))

    def rename(self):
        names = [name for name in self.mailboxes() if name != b"INBOX"]
        if names:
            old = self.chance.choice(names)
            new = self.fresh_name()
            if not (new + b"/").startswith(old + b"/"):
                self.session.command("UNSELECT")  # Dovecot ends a session whose mailbox is renamed
                self.command(b"RENAME %s %s" % (quoted(old), quoted(new)))

    def delete(self):
        names = [name for name in self.mailboxes() if name != b"INBOX"]
        if len(names) > 3:
            name = self.chance.choice(names)
            self.command(b"EXAMINE " + quoted(name))
            gone = [one.token for one in messages_in(self.session).values()]
            self.command(b"UNSELECT")
            self.command(b"DELETE " + quoted(name))
            self.expected.subtract(gone)

    def subscribe(self):
        self.command(b"SUBSCRIBE " + quoted(self.chance.choice(self.mailboxes())))

    def unsubscribe(self):
        subscribed = list(listed(self.session, "LSUB"))
        if subscribed:
            self.command(b"UNSUBSCRIBE " + quoted(self.chance.choice(subscribed)))

    def retrieve(self):
        """A session of POP3: reads and deletes."""
        with self.server.pop3(self.user) as session:
            for number in range(1, int(session.command("STAT").split()[1]) + 1):
                if self.chance.random() < 0.1:
                    status, content = session.multi(f"RETR {number}")
                    assert status.startswith("+OK"), status
                    if self.chance.random() < 0.5:
                        assert session.command(f"DELE {number}").startswith("+OK")
                        self.expected[re.search(rb"(?m)^Subject: (.*?)\r$", content)[1].decode()] -= 1
            assert session.command("QUIT").startswith("+OK")

    def keep_open(self):
        """Leaves a mailbox selected without an end: the connection just goes."""
        other = self.server.imap(self.user)
        other.command(b"SELECT " + quoted(self.chance.choice(self.mailboxes())))
        other.close()
