"""Posthouse takes over mail that lies there: UIDs, flags, keywords, dates and subscriptions stay, and no message's file is
rewritten."""

import collections
import random
import unittest

from both_servers import SEED, BothServersTest, give
from mail_state import quoted, state_of
from operations import Operator
from posthouse_test import main
from trees import courier, files_of, plain

# The settings with which Posthouse reads a kind of tree; None: it does not read this kind.
READS = {"maildir++": {}, "fs": None, "utf-8": None}


class TakesOver(BothServersTest):
    """What is the same for each kind of tree."""

    kind = None

    @classmethod
    def setUpClass(cls):
        if cls.kind is None or READS[cls.kind] is None:
            raise unittest.SkipTest(f"a tree of this kind is not read: {cls.kind}")
        cls.settings = {**BothServersTest.settings, **READS[cls.kind]}
        super().setUpClass()
        cls.chance = random.Random(f"{SEED} {cls.kind}")

    def open_all(self, user):
        """Selects every mailbox, by which new messages are claimed, and numbers what has no UID."""
        with self.posthouse.imap(user) as session:
            for name in self.names_of(user):
                self.assertTrue(session.command(b"SELECT " + quoted(name))[0].startswith("OK"), name)

    def names_of(self, user):
        return state_of(self.posthouse, user).mailboxes

    def take_over_dovecots(self):
        user, expected = self.new_user(), collections.Counter()
        root = self.instance.maildir(user)
        operator = Operator(self.dovecot, user, self.chance, "d", expected)
        operator.fill([b"INBOX", b"Entw&APw-rfe/&U,BTFw-", b"Work", b"Work/R&-D/2024"], 3)
        operator.perform(50)
        while sum(expected.values()) <= 5:  # chance removed nearly all
            operator.perform(10)
        before, files = state_of(self.dovecot, user), files_of(root)
        self.assertEqual(len(files), sum(expected.values()))
        self.open_all(user)
        self.assertEqual(self.agree(user), before)
        self.assertEqual(files_of(root), files)

    def take_over_made(self, make):
        """Takes over a tree of trees.py; gives the user and what both show of it."""
        user = self.new_user()
        root = self.instance.maildir(user)
        tree = make(root, self.chance)
        give(root.parent)
        files = files_of(root)
        self.open_all(user)
        state = self.agree(user)
        self.assertEqual(files_of(root), files)
        for name, made in tree.mailboxes.items():
            box = state.mailboxes[name.encode()]
            shown = {one.token: (one.flags, one.date) for one in box.messages.values()}
            self.assertEqual(shown, {one.token: (one.flags, one.date) for one in made}, name)
            self.assertEqual(len(box.messages), len(made), name)
        self.assertEqual(self.agree(user), state, "a second look")
        return tree, state


class Usual(TakesOver):
    kind = "maildir++"

    def test_a_tree_of_dovecots(self):
        self.take_over_dovecots()

    def test_maildirs_without_uids(self):
        self.take_over_made(plain)

    def test_a_tree_of_couriers(self):
        tree, state = self.take_over_made(courier)
        for name, made in tree.mailboxes.items():
            box = state.mailboxes[name.encode()]
            self.assertEqual({uid: one.token for uid, one in box.messages.items()}, {one.uid: one.token for one in made}, name)
            self.assertEqual((box.uid_validity, box.uid_next), (tree.uid_validity[name], tree.uid_next[name]), name)
        self.assertEqual({name.decode() for name in state.subscribed}, tree.subscribed)
        shown = dict(zip(sorted(state.mailboxes[b"INBOX"].messages), (uidl.split()[1] for uidl, _ in state.unique_ids)))
        own = {uid: f"{uid:08x}{tree.uid_validity['INBOX']:08x}".encode() for uid in shown}
        self.assertEqual(shown, own | {uid: one.encode() for uid, one in tree.unique_ids.items()})


class NestedFolders(TakesOver):
    kind = "fs"
    dovecot_options = {"layout": "fs"}

    def test_a_tree_of_dovecots(self):
        self.take_over_dovecots()


class NamesInUtf8(TakesOver):
    kind = "utf-8"
    dovecot_options = {"utf8": True}

    def test_a_tree_of_dovecots(self):
        self.take_over_dovecots()


del TakesOver  # it has no tests of its own


if __name__ == "__main__":
    main()
