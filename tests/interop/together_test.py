"""Posthouse and Dovecot work on one account at the same time, several clients on each. Afterwards both agree, what was
answered OK is there with its flags and what was expunged is gone, and no UID has ever meant two messages.
POSTHOUSE_SECONDS=600 makes it long."""

import random
import re
import threading
import time
import unittest

from both_servers import SEED, BothServersTest, give
from crowd import RENAMES_UNDER_DOVECOTS_LOCK, SHARED, Client, Deliverer, Ledger
from mail_state import quoted
from posthouse_test import main, setting
from trees import folder, put

SECONDS = setting("SECONDS", 5.0)
CLIENTS = 3  # on each server, by IMAP; and one who delivers
# What Dovecot also says when all these clients are its own: that it looked, for its list, into a mailbox that has just been
# renamed or deleted, and now and then that a file stands in dovecot-uidlist twice.
DOVECOTS_OWN = r"/\.(Posthouse|Dovecot)-\d|dovecot-uidlist: Duplicate file entry"


class Together(BothServersTest):
    def look_while_flags_change(self, flagger, looker):
        """While one sets and clears flags of many messages, the other, who reads the folder all the time, misses none."""
        user = self.new_user()
        root, chance = self.instance.maildir(user), random.Random(SEED)
        place = folder(root, "INBOX")
        for number in range(600):  # with long names, so that several system calls are needed to read the folder
            put(place, chance, f"{number}", "M{}P{}." + "h" * 100 + ",S={}")
        give(root.parent)
        before = self.agree(user).mailboxes[b"INBOX"]
        told, done = [], threading.Event()

        def look():
            with looker.imap(user) as session:
                session.command("SELECT INBOX")
                while not done.is_set():
                    told.extend(one for one in session.command("NOOP")[1] if not re.search(rb"FETCH|RECENT|FLAGS", one))

        looking = threading.Thread(target=look)
        looking.start()
        with flagger.imap(user) as session:
            session.command("SELECT INBOX")
            for number in range(40):
                result, _ = session.command(f"UID STORE 1:* {'-+'[number % 2]}FLAGS.SILENT (\\Flagged)")
                if not result.startswith("OK"):
                    told.append(result)
        done.set()
        looking.join()
        self.assertEqual(told, [])
        after = self.agree(user).mailboxes[b"INBOX"]
        self.assertEqual({uid: one.content for uid, one in after.messages.items()}, {uid: one.content for uid, one in before.messages.items()})

    @unittest.skipUnless(RENAMES_UNDER_DOVECOTS_LOCK, "Posthouse changes flags without dovecot-uidlist.lock")
    def test_flags_by_posthouse_hide_no_message_from_dovecot(self):
        self.look_while_flags_change(self.posthouse, self.dovecot)

    def test_flags_by_dovecot_hide_no_message_from_posthouse(self):
        self.look_while_flags_change(self.dovecot, self.posthouse)

    def test_both_at_the_same_time(self):
        user, ledger = self.new_user(), Ledger()
        with self.dovecot.imap(user) as session:
            for name in SHARED[1:]:
                self.assertTrue(session.command(b"CREATE " + quoted(name))[0].startswith("OK"))
        before = {name: self.agree(user).mailboxes[name].uid_validity for name in SHARED}
        end = time.monotonic() + SECONDS
        clients = [Client(server, user, number, ledger, end) for server in (self.posthouse, self.dovecot) for number in range(CLIENTS)]
        deliverers = [Deliverer(server, user, ledger, end) for server in (self.posthouse, self.dovecot)]
        for thread in clients + deliverers:
            thread.start()
        for thread in clients + deliverers:
            thread.join()
        refused = [line for client in clients for line in client.refused]
        print("\noperations: " + ", ".join(f"{one.name} {one.count}" for one in clients + deliverers) + f"; refused: {len(refused)}")
        print("\n".join(refused[:10]))
        self.assertEqual([f"{thread.name}: {thread.failure!r}" for thread in clients + deliverers if thread.failure], [])
        state = self.agree(user)
        self.assertEqual({name: state.mailboxes[name].uid_validity for name in SHARED}, before)
        for box in state.mailboxes.values():
            for uid, one in box.messages.items():
                ledger.note(box.uid_validity, uid, one.token, "both at the end")
                self.assertLess(uid, box.uid_next)
        self.assertEqual(ledger.wrong, [])
        self.check_messages(state, clients, deliverers)
        self.assertEqual([line for line in self.dovecot_process.complaints() if not re.search(DOVECOTS_OWN, line)], [])

    def check_messages(self, state, clients, deliverers):
        places = {}  # {token: [(mailbox, UID, flags)]}
        for name, box in state.mailboxes.items():
            for uid, one in box.messages.items():
                places.setdefault(one.token, []).append((name, uid, one.flags))
        wrong = []
        for client in clients:
            self.assertGreater(client.count, 0, client.name)
            for token, (name, uid, flags) in client.own.items():
                if places.get(token) != [(name, uid, flags)]:
                    wrong.append(f"{token} should be {name} {uid} {sorted(flags)} and is {places.get(token)}")
            if client.private and client.private not in state.mailboxes:
                wrong.append(f"{client.private} is missing")
        for deliverer in deliverers:
            wrong += [f"{token} should be in INBOX and is {places.get(token)}" for token in deliverer.own
                      if [name for name, _, _ in places.get(token, [])] != [b"INBOX"]]
        wrong += [f"{token} was expunged and is {places[token]}" for one in clients + deliverers for token in one.gone if token in places]
        wrong += [f"{token} is lost" for client in clients for token in client.free if token not in places]
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    main()
