"""More keywords than Dovecot keeps in files' names: the 26 with letters are the same for both servers, and what Posthouse
keeps beside them outlasts whatever Dovecot does in between."""

import re
import shutil

from both_servers import BothServersTest
from posthouse_test import main

NEAR = [f"near{n}" for n in range(26)]
FAR = [f"far{n}" for n in range(60)]


class Session:
    """A session with one mailbox selected."""

    def __init__(self, server, user, mailbox="INBOX"):
        self.imap = server.imap(user)
        self.selected = self.ok(f"SELECT {mailbox}")

    def ok(self, command):
        result, responses = self.imap.command(command)
        assert result.startswith("OK"), (command, result)
        return responses

    def flags(self):
        """{token: flags} of the messages; a token's second message has a stroke behind it."""
        self.ok("NOOP")
        found = {}
        for one in self.ok("FETCH 1:* (FLAGS BODY.PEEK[HEADER.FIELDS (SUBJECT)])"):
            token = re.search(rb"(?mi)^Subject: (\S+)", one)
            if token:
                name = token[1].decode()
                name += "'" if name in found else ""
                found[name] = set(re.search(rb"FLAGS \((.*?)\)", one)[1].decode().split()) - {"\\Recent"}
        return found

    def uid(self, token):
        return re.search(rb"SEARCH (\d+)", self.ok(f"UID SEARCH SUBJECT {token}")[0])[1].decode()

    def store(self, token, how, names):
        self.ok(f"UID STORE {self.uid(token)} {how} ({' '.join(names)})")


class Keywords(BothServersTest):
    def open(self, server, user, mailbox="INBOX"):
        session = Session(server, user, mailbox)
        self.addCleanup(session.imap.close)
        return session

    def fill(self):
        """A user with four messages, and what flags they have: all letters are used up."""
        user = self.new_user()
        for token in ("one", "two", "three", "four"):
            self.assertTrue(self.posthouse.deliver(user, b"Subject: %s\r\n\r\nbody\r\n" % token.encode()))
        session = self.open(self.posthouse, user)
        session.store("one", "FLAGS", NEAR)
        for token, flags in (("one", NEAR[:3] + FAR), ("two", ["\\Seen"] + FAR[:2]), ("three", NEAR[5:7]), ("four", FAR[40:])):
            session.store(token, "FLAGS", flags)
        return user, session, {"one": {*NEAR[:3], *FAR}, "two": {"\\Seen", *FAR[:2]}, "three": {*NEAR[5:7]}, "four": {*FAR[40:]}}

    def without_far(self, flags):
        return {token: those - set(FAR) for token, those in flags.items()}

    def test_what_dovecot_does_in_between_leaves_both_kinds_right(self):
        user, session, expected = self.fill()
        self.assertEqual(session.flags(), expected)
        with self.dovecot.imap(user) as bare:
            bare.command("CREATE Kept")
        foreign = self.open(self.dovecot, user)
        self.assertEqual(foreign.flags(), self.without_far(expected))
        # Flags of its own, a copy, a move, an expunge; the file that gives UIDs written anew.
        foreign.store("one", "+FLAGS", ["\\Flagged", NEAR[9]])
        foreign.store("one", "-FLAGS", [NEAR[0]])
        foreign.store("two", "FLAGS", ["\\Answered"])
        foreign.ok(f"UID COPY {foreign.uid('two')} INBOX")
        foreign.ok(f"UID MOVE {foreign.uid('four')} Kept")
        foreign.store("three", "+FLAGS", ["\\Deleted"])
        foreign.ok("EXPUNGE")
        expected["one"] = (expected["one"] | {"\\Flagged", NEAR[9]}) - {NEAR[0]}
        expected["two"] = {"\\Answered", *FAR[:2]}
        # What Dovecot makes has what Dovecot sees.
        expected["two'"] = {"\\Answered"}
        del expected["three"], expected["four"]
        self.assertEqual(session.flags(), expected)
        self.assertEqual(self.open(self.posthouse, user, "Kept").flags(), {"four": set()})
        # Posthouse goes on, and Dovecot sees its part of it.
        session.store("two", "+FLAGS", [NEAR[1], FAR[7]])
        session.store("one", "-FLAGS", FAR[10:] + [NEAR[2]])
        session.ok(f"UID COPY {session.uid('one')} Kept")
        expected["two"] |= {NEAR[1], FAR[7]}
        expected["one"] -= {NEAR[2], *FAR[10:]}
        self.assertEqual(foreign.flags(), self.without_far(expected))
        self.assertEqual(self.open(self.posthouse, user).flags(), expected)
        self.assertEqual(self.open(self.posthouse, user, "Kept").flags(), {"four": set(), "one": expected["one"]})
        # All stands in files of the mailbox.
        domain, local = user.address.split("@")[1], user.address.split("@")[0]
        shutil.rmtree(self.instance.folder / "state" / "index" / domain / local)
        self.assertEqual(self.open(self.posthouse, user).flags(), expected)
        self.assertEqual(session.flags(), expected)
        self.assertEqual(self.dovecot_process.complaints(), [])

    def test_clients_see_and_find_them_like_others(self):
        user, session, expected = self.fill()
        responses = self.open(self.posthouse, user).selected
        known = next(one for one in responses if one.startswith(b"* FLAGS")).decode()
        permanent = next(one for one in responses if b"PERMANENTFLAGS" in one).decode()
        for name in NEAR + FAR:
            self.assertIn(f" {name}", known)
            self.assertIn(f" {name}", permanent)
        self.assertIn("\\*", permanent)
        found = session.ok(f"SEARCH KEYWORD {FAR[1].upper()} UNKEYWORD {FAR[41]}")
        self.assertEqual(found, [b"* SEARCH 2"])
        # Workers are several processes: whoever idles hears of it, wherever he is.
        idle = [self.open(self.posthouse, user) for _ in range(4)]
        for one in idle:
            one.imap.send(b"i IDLE\r\n")
            self.assertTrue(one.imap.response().startswith(b"+"))
        session.store("three", "+FLAGS", [FAR[3]])
        for one in idle:
            while not (told := one.imap.response()).startswith(b"* 3 FETCH"):
                self.assertTrue(told.startswith(b"* "), told)
            self.assertIn(FAR[3].encode(), told)
            one.imap.send(b"DONE\r\n")
            self.assertTrue(one.imap.result(b"i")[0].startswith("OK"))


if __name__ == "__main__":
    main()
