"""Posthouse and Dovecot take turns on accounts whose mailboxes lie in each other's folders (Dovecot's LAYOUT=fs), and on
accounts whose mailboxes are named in UTF-8 on disk."""

from both_in_turns import TakingTurns
from posthouse_test import main, setting

ROUNDS = setting("ROUNDS", 4)

NAMES = [b"a/~b", b"%", b"a/*b", b"&-x", b"Inbox/d", b" x", b"x ", b"a/", b"a.b", b".x", b"a/..x/y", b"&AOQ-", b"&U,BTFw-", b"a\\b", b'"',
         b"x" * 200, b"y" * 254 + b"/" + b"z" * 254]
REFUSED_NAMES = [b"a//b", b"/a", b"~x", b"a/../b", b".", b"&AOQ", b"&AGE-", b"\xe4", b"x" * 300]


class FsLayout(TakingTurns):
    settings = TakingTurns.settings | {"general.mailbox_layout": "fs"}
    dovecot_options = {"layout": "fs"}

    def test_dovecot_goes_on_where_posthouse_began(self):
        self.take_turns(self.posthouse, self.dovecot, ROUNDS)

    def test_posthouse_goes_on_where_dovecot_began(self):
        self.take_turns(self.dovecot, self.posthouse, ROUNDS)

    def test_both_make_and_see_the_same_names(self):
        self.make_names(NAMES, REFUSED_NAMES + [b"cur", b"a/new", b"tmp/a"])


class Utf8Names(TakingTurns):
    settings = TakingTurns.settings | {"general.mailbox_names": "utf-8"}
    dovecot_options = {"utf8": True}

    def test_dovecot_goes_on_where_posthouse_began(self):
        self.take_turns(self.posthouse, self.dovecot, ROUNDS)


class Utf8NamesInTheFsLayout(TakingTurns):
    settings = TakingTurns.settings | {"general.mailbox_layout": "fs", "general.mailbox_names": "utf-8"}
    dovecot_options = {"layout": "fs", "utf8": True}

    def test_posthouse_goes_on_where_dovecot_began(self):
        self.take_turns(self.dovecot, self.posthouse, ROUNDS)


if __name__ == "__main__":
    main()
