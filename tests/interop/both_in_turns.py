"""How Posthouse and Dovecot take turns on one account, and make the same names: for tests in several layouts."""

import collections
import json
import random
import re

from both_servers import SEED, BothServersTest
from mail_state import quoted
from operations import Operator
from posthouse_test import eventually

OPERATIONS = 12


class Onlooker:
    """A session with INBOX selected, to whom all is told."""

    def __init__(self, server, user):
        self.session = server.imap(user)
        self.session.command("SELECT INBOX")

    def view(self):
        """{UID: flags} of the messages, in the order of their sequence numbers, as the session has them now."""
        result, _ = self.session.command("NOOP")
        assert result.startswith("OK"), result
        _, responses = self.session.command("FETCH 1:* (UID FLAGS)")
        return {int(match[1]): frozenset(match[2].decode().split()) - {"\\Recent"} for one in responses
                if (match := re.search(rb"UID (\d+) FLAGS \((.*?)\)", one))}


class TakingTurns(BothServersTest):
    def begin(self, user):
        """Nothing is known yet of what UIDs and GUIDs of this user mean."""
        self.following, self.meaning, self.guids, self.contents = {}, {}, {}, {}
        self.onlookers = [Onlooker(server, user) for server in (self.posthouse, self.dovecot)]

    def end(self):
        for onlooker in self.onlookers:
            onlooker.session.close()

    def check(self, user, expected):
        """Both agree, every message is there as often as it should be, and no UID means something else than before."""
        state = self.agree(user)
        found = collections.Counter(one.token for box in state.mailboxes.values() for one in box.messages.values())
        self.assertEqual(found, +expected)
        for name, box in state.mailboxes.items():
            self.assertGreaterEqual(box.uid_next, self.following.get(box.uid_validity, 1), name)
            self.following[box.uid_validity] = box.uid_next
            for uid, one in box.messages.items():
                self.assertEqual(self.meaning.setdefault((box.uid_validity, uid), one.content), one.content, (name, uid))
        self.check_guids(user, state)
        inbox = {uid: one.flags for uid, one in state.mailboxes[b"INBOX"].messages.items()}
        for onlooker in self.onlookers:
            eventually(lambda: list(onlooker.view().items()) == sorted(inbox.items()), "an open session sees the same")

    def check_guids(self, user, state):
        """The GUIDs that doveadm shows of mailboxes and messages stay, and mean one thing."""
        known, mailboxes = {box.uid_validity: box for box in state.mailboxes.values()}, {}
        for row in self.doveadm("mailbox", "status", "-u", user.address, "guid uidvalidity uidnext", "*"):
            box = mailboxes[row["guid"]] = known[int(row["uidvalidity"])]
            self.assertEqual(int(row["uidnext"]), box.uid_next, row)
            self.assertEqual(self.guids.setdefault(box.uid_validity, row["guid"]), row["guid"], row)
        self.assertEqual(len(mailboxes), len(state.mailboxes), "each mailbox has a GUID and a UIDVALIDITY of its own")
        for row in self.doveadm("fetch", "-u", user.address, "mailbox-guid uid guid", "ALL"):
            box, uid = mailboxes[row["mailbox-guid"]], int(row["uid"])
            place = box.uid_validity, uid
            self.assertEqual(self.guids.setdefault(place, row["guid"]), row["guid"], place)
            content = box.messages[uid].content
            self.assertEqual(self.contents.setdefault(row["guid"], content), content, "a GUID is one message's")

    def doveadm(self, *arguments):
        done = self.dovecot_process.doveadm("-f", "json", *arguments)
        # Deleted parents of others it still counts as mailboxes, as in mail_state.existing.
        wrong = [line for line in done.stderr.splitlines() if "Mailbox doesn't exist: " not in line]
        self.assertTrue(done.returncode in (0, 68) and not wrong, done)
        return json.loads(done.stdout)

    def take_turns(self, first, second, rounds):
        user, expected = self.new_user(), collections.Counter()
        operators = [Operator(server, user, random.Random(f"{SEED} {server} {first}"), server.name[0].lower(), expected)
                     for server in (first, second)]
        self.begin(user)
        for _ in range(rounds // 2):
            for operator in operators:
                operator.perform(OPERATIONS)
                self.check(user, expected)
        self.end()
        self.assertEqual(self.dovecot_process.complaints(), [])

    def make_names(self, names, refused):
        """Both take the names, or refuse them; gives what is there then."""
        user = self.new_user()
        for server, mark in ((self.posthouse, b"P"), (self.dovecot, b"D")):
            with server.imap(user) as session:
                for name in names:
                    # Both take the name, each with a letter of its own where it isn't at its longest; one comes second.
                    own = name + mark if len(name) < 200 else name
                    result = session.command(b"CREATE " + quoted(own))[0]
                    self.assertRegex(result, "^OK" if own != name or mark == b"P" else "ALREADYEXISTS", (server.name, name))
                for name in refused:
                    self.assertRegex(session.command(b"CREATE " + quoted(name))[0], "^(NO|BAD)", (server.name, name))
        return self.agree(user)
