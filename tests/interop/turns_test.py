"""Posthouse and Dovecot take turns on one account: after each turn of random operations through one of them, the other
shows the same mailboxes, UIDs, flags, keywords, dates, sizes, content, subscriptions and POP3 ids, and so do sessions that
have been open all the time."""

from both_in_turns import TakingTurns
from posthouse_test import main, setting

ROUNDS = setting("ROUNDS", 10)

# What has to be quoted, escaped or encoded somewhere, or looks like something else on disk.
NAMES = [b"a/~b", b"%", b"*", b"a/*b", b"&-x", b"Inbox/d", b" x", b"x ", b"a/", b"x" * 200, b"y" * 254, b"z" * 30 + b"/" + b"w" * 223,
         b"new", b"cur", b"tmp", b"a/cur", b"a/tmp/b", b"dovecot-uidlist", b"maildirfolder", b"&AOQ-", b"&U,BTFw-", b"a\\b", b'"']
REFUSED_NAMES = [b"a//b", b"/a", b"a.b", b"&AOQ", b"&AGE-", b"\xe4", b"x" * 300]


class Turns(TakingTurns):
    def test_dovecot_goes_on_where_posthouse_began(self):
        self.take_turns(self.posthouse, self.dovecot, ROUNDS)

    def test_posthouse_goes_on_where_dovecot_began(self):
        self.take_turns(self.dovecot, self.posthouse, ROUNDS)

    def test_both_make_and_see_the_same_names(self):
        state = self.make_names(NAMES, REFUSED_NAMES)
        self.assertIn(b"INBOX/dP", state.mailboxes)
        self.assertIn(b"INBOX/dD", state.mailboxes)
        self.assertGreaterEqual(len(state.mailboxes), 2 * len(NAMES) - 3)


if __name__ == "__main__":
    main()
