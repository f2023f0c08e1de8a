"""Clients who work on one account at the same time, and what each of them knows of it afterwards.

    crowd = [Client(server, user, 0, ledger, end), Deliverer(server, user, ledger, end)]     # threads; end: time.monotonic()
    crowd[0].own, crowd[0].free, crowd[0].gone                                               # what must be there, and what not"""

import random
import re
import threading
import time

from both_servers import SEED
from mail_state import quoted
from operations import KEYWORDS, date_of, message

SHARED = [b"INBOX", b"Shared", b"Shared/Entw&APw-rfe"]
OWN_FLAGS = ["\\Seen", "\\Answered", "\\Flagged", "\\Draft", *KEYWORDS]
# Dovecot takes a message for expunged when Posthouse renames its file while the folder is read in pieces, for it trusts
# in dovecot-uidlist.lock, which Posthouse does not take for flags. Folders of few messages are read in one piece.
RENAMES_UNDER_DOVECOTS_LOCK = False
FEW = 60 if RENAMES_UNDER_DOVECOTS_LOCK else 20  # messages of its own that a client keeps


class Ledger:
    """What all clients have been told of UIDs. Thread-safe."""

    def __init__(self):
        self.lock = threading.Lock()
        self.meaning = {}  # {(UIDVALIDITY, UID): token}
        self.wrong = []

    def note(self, validity, uid, token, who):
        with self.lock:
            known = self.meaning.setdefault((validity, uid), token)
            if known != token:
                self.wrong.append(f"UID {uid} of {validity} was {known} and is {token} to {who}")


class Client(threading.Thread):
    """One user's program. Of the messages that it makes, "own" ones are flagged, moved and expunged by it alone, so it knows
    exactly how they must end; "free" ones may be flagged, copied and moved by all, and are expunged by nobody."""

    def __init__(self, server, user, number, ledger, end):
        super().__init__(name=f"{server}-{number}")
        self.server, self.user, self.ledger, self.end = server, user, ledger, end
        self.chance = random.Random(f"{SEED} {self.name}")
        self.own = {}  # {token: [mailbox, UID, flags]}
        self.free = set()
        self.gone = set()
        self.unsure = set()  # tokens of commands that were refused
        self.refused = []
        self.count = 0
        self.failure = None

    def run(self):
        operations = [self.add_own] * 3 + [self.add_free] + [self.flag_own] * 4 + [self.flag_free] * 2 + [self.move_own] * 2 + \
            [self.expunge_own] * 3 + [self.copy_free, self.move_free, self.look, self.look, self.folders]
        try:
            with self.server.imap(self.user) as self.session:
                self.selected = None
                self.private = None
                while time.monotonic() < self.end:
                    self.chance.choice(operations)()
                    self.count += 1
                self.session.command("LOGOUT")
        except Exception as failure:  # told to the test by its main thread
            self.failure = failure

    # -- parts

    def command(self, text, tokens=()):
        """The tagged response when it is OK, with the untagged ones; (None, …) when the server refuses. Then nothing is known
        any more of the tokens."""
        result, responses = self.session.command(text)
        assert result.startswith(("OK", "NO")), f"{self.name}: {text[:100]!r}: {result} {responses[-1:]}"
        if result.startswith("OK"):
            return result, responses
        self.refused.append(f"{self.name}: {text[:60]!r}: {result}")
        self.unsure.update(tokens)
        for token in tokens:
            self.own.pop(token, None)
        return None, responses

    def select(self, name):
        """Selects it, or hears what's new there."""
        if self.selected == name and self.chance.random() < 0.8:
            return self.command("NOOP")[0] is not None
        self.selected = None
        done, responses = self.command(b"SELECT " + quoted(name))
        if done:
            self.selected = name
            self.validity = int(re.search(rb"UIDVALIDITY (\d+)", b"\n".join(responses))[1])
        return done is not None

    def messages(self):
        """{UID: token} of what is selected; the ledger hears of them."""
        _, responses = self.command("UID FETCH 1:* (UID BODY.PEEK[HEADER.FIELDS (SUBJECT)])")
        found = {}
        for one in responses:
            uid, subject = re.search(rb"UID (\d+)", one), re.search(rb"Subject: (\S+)", one)
            if uid and subject:  # neither in what tells of flags; a message just expunged has no header
                found[int(uid[1])] = subject[1].decode()
                self.ledger.note(self.validity, int(uid[1]), found[int(uid[1])], self.name)
        return found

    def copied(self, result, tokens):
        """{token: new UID} from COPYUID, when it tells all; the ledger hears of them."""
        code = re.search(r"COPYUID (\d+) ([\d,:]+) ([\d,:]+)", result)
        if not code or code[2] != code[2].replace(":", ",") or code[2].count(",") + 1 != len(tokens):
            return {}
        uids = [int(uid) for uid in code[3].replace(":", ",").split(",")]
        if len(uids) != len(tokens):
            return {}
        for token, uid in zip(tokens, uids):
            self.ledger.note(int(code[1]), uid, token, self.name)
        return dict(zip(tokens, uids))

    def add(self, token, name, flags):
        content = message(self.chance, token)
        done, _ = self.command(b"APPEND %s (%s) %s {%d+}\r\n%s" % (quoted(name), " ".join(flags).encode(), date_of(self.chance).encode(),
                                                                   len(content), content), [token])
        return done and re.search(r"APPENDUID (\d+) (\d+)", done)

    def elsewhere(self):
        return self.chance.choice([name for name in SHARED if name != self.selected])

    def some_flags(self):
        return self.chance.sample(OWN_FLAGS, self.chance.randrange(0, 4))

    # -- operations

    def add_own(self):
        if len(self.own) >= FEW:
            return
        token, name, flags = f"own-{self.name}-{self.count}", self.chance.choice(SHARED), self.some_flags()
        if uid := self.add(token, name, flags):
            self.own[token] = [name, int(uid[2]), set(flags)]
            self.ledger.note(int(uid[1]), int(uid[2]), token, self.name)

    def add_free(self):
        if len(self.free) >= FEW:
            return
        token = f"free-{self.name}-{self.count}"
        if uid := self.add(token, self.chance.choice(SHARED), self.some_flags()):
            self.free.add(token)
            self.ledger.note(int(uid[1]), int(uid[2]), token, self.name)

    def pick_own(self):
        """Selects a mailbox with messages of its own, and gives some of their tokens and the set of their UIDs."""
        if not self.own:
            return [], ""
        name = self.own[self.chance.choice(sorted(self.own))][0]
        if not self.select(name):
            return [], ""
        there = sorted((token for token, (place, _, _) in self.own.items() if place == name), key=lambda token: self.own[token][1])
        tokens = [token for token in there if self.chance.random() < 0.3] or there[:1]
        return tokens, ",".join(str(self.own[token][1]) for token in tokens)

    def flag_own(self):
        tokens, uids = self.pick_own()
        if not tokens:
            return
        way, flags = self.chance.choice(["FLAGS", "+FLAGS", "-FLAGS"]), set(self.some_flags())
        if self.command(f"UID STORE {uids} {way}.SILENT ({' '.join(sorted(flags))})", tokens)[0]:
            for token in tokens:
                before = self.own[token][2]
                self.own[token][2] = flags if way == "FLAGS" else before | flags if way == "+FLAGS" else before - flags

    def move_own(self):
        tokens, uids = self.pick_own()
        if not tokens:
            return
        target = self.elsewhere()
        done, responses = self.command(f"UID MOVE {uids} ".encode() + quoted(target), tokens)
        if done:
            told = self.copied(done + " " + b" ".join(responses).decode(errors="replace"), tokens)
            for token in tokens:
                if token in told:
                    self.own[token][:2] = target, told[token]
                else:  # moved, but its new place was told in a form that isn't read here
                    self.unsure.add(token)
                    del self.own[token]

    def expunge_own(self):
        tokens, uids = self.pick_own()
        if not tokens or not self.command(f"UID STORE {uids} +FLAGS.SILENT (\\Deleted)", tokens)[0]:
            return
        if self.command(f"UID EXPUNGE {uids}", tokens)[0]:
            for token in tokens:
                del self.own[token]
                self.gone.add(token)

    def pick_free(self, kinds=("free",)):
        """Selects a mailbox and gives the UIDs of some messages in it that anyone may touch."""
        if not self.select(self.chance.choice(SHARED)):
            return []
        there = self.messages()
        self.crowded = len(there) > 6 * FEW
        free = [uid for uid, token in there.items() if token.startswith(kinds)]
        return sorted(self.chance.sample(free, min(len(free), self.chance.randrange(1, 5))))

    def flag_free(self):
        if uids := self.pick_free(("free", "mail")):
            way = self.chance.choice(["FLAGS", "+FLAGS", "-FLAGS"])
            self.command(f"UID STORE {','.join(map(str, uids))} {way} ({' '.join(self.some_flags())})")

    def copy_free(self):
        if (uids := self.pick_free()) and not self.crowded:
            self.command(f"UID COPY {uids[0]} ".encode() + quoted(self.chance.choice(SHARED)))

    def move_free(self):
        if uids := self.pick_free():
            self.command(f"UID MOVE {','.join(map(str, uids))} ".encode() + quoted(self.elsewhere()))

    def look(self):
        if self.select(self.chance.choice(SHARED)):
            self.messages()

    def folders(self):
        """Makes, renames, subscribes to and deletes a mailbox that only it knows."""
        fresh = f"{self.name}/{self.count}".encode()
        if not self.private:
            if self.command(b"CREATE " + quoted(fresh))[0]:
                self.private = fresh
        elif self.chance.random() < 0.5:
            if self.command(b"RENAME %s %s" % (quoted(self.private), quoted(fresh)))[0]:
                self.private = fresh
                self.command(b"SUBSCRIBE " + quoted(fresh))
        elif self.command(b"DELETE " + quoted(self.private))[0]:
            self.private = None


class Deliverer(threading.Thread):
    """Mail comes by LMTP, and is read and deleted by POP3, all through one server."""

    def __init__(self, server, user, ledger, end):
        super().__init__(name=f"{server}-mail")
        self.server, self.user, self.ledger, self.end = server, user, ledger, end
        self.chance = random.Random(f"{SEED} {self.name}")
        self.own = set()
        self.gone = set()
        self.count = 0
        self.failure = None

    def run(self):
        try:
            while time.monotonic() < self.end:
                self.count += 1
                token = f"mail-{self.name}-{self.count}"
                if self.server.deliver(self.user, message(self.chance, token) + b"\r\n"):
                    self.own.add(token)
                if len(self.own) > FEW:
                    self.retrieve()
        except Exception as failure:  # told to the test by its main thread
            self.failure = failure

    def look_again(self):
        """What the next session shows, for who wants to know whether the message came late or not at all."""
        with self.server.pop3(self.user) as session:
            ids = session.multi("UIDL")[1].splitlines()
            return f"the next session shows {len(ids)}"

    def retrieve(self):
        """Deletes all but a few of its messages; every one must be there."""
        with self.server.pop3(self.user) as session:
            ids = {int(number): unique for number, unique in (line.split() for line in session.multi("UIDL")[1].splitlines())}
            seen, deleted, refused = set(), [], []
            for number, unique in ids.items():
                status, head = session.multi(f"TOP {number} 0")
                if not status.startswith("+OK"):
                    refused.append(status)  # expunged by another
                    continue
                token = re.search(rb"(?m)^Subject: (\S+)", head)[1].decode()
                self.ledger.note(int(unique[8:], 16), int(unique[:8], 16), token, self.name)
                seen.add(token)
                if token in self.own and len(seen) < len(ids) - 5:
                    assert session.command(f"DELE {number}").startswith("+OK")
                    deleted.append(token)
            assert self.own <= seen, f"{self.name}: delivered and not shown: {self.own - seen}; {len(ids)} shown, of these refused: {refused}; {self.look_again()}"
            if session.command("QUIT").startswith("+OK"):
                self.gone.update(deleted)
            self.own.difference_update(deleted)
