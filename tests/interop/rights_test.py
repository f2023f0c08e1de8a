"""Access control lists in turns with Dovecot's acl plugin: each reads what the other wrote, gives a new mailbox its
parent's list, and says the same of who may do what."""

import json
import random
import re

from both_servers import SEED, BothServersTest
from posthouse_test import main, setting

LISTS = setting("LISTS", 60)
LETTERS = {"lookup": "l", "read": "r", "write": "w", "write-seen": "s", "write-deleted": "t", "insert": "i", "post": "p",
           "expunge": "e", "create": "k", "delete": "x", "admin": "a"}
NAMES = {letter: name for name, letter in LETTERS.items()}

ACL_PLUGIN = """
mail_plugins = acl
protocol imap {
  mail_plugins = acl imap_acl
}
plugin {
  acl = vfile
  acl_groups = staff,board
}
namespace shared {
  type = shared
  separator = /
  prefix = shared/%%%%u/
  location = maildir:%%%%h
  subscriptions = no
  list = children
}
""".replace("%%%%", "%%")


def letters(names):
    """"lookup read" as "lr"; a right without a letter stays a name."""
    return sorted(LETTERS.get(name, name) for name in names.split())


class Rights(BothServersTest):
    dovecot_options = {"settings": ACL_PLUGIN}

    def setUp(self):
        self.joe, self.ann = self.new_user(), self.new_user()
        for server, user in ((self.posthouse, self.joe), (self.posthouse, self.ann)):
            with server.imap(user) as session:
                self.assertRegex(session.command("CREATE Work")[0], "^OK")

    # -- what each says and does

    def posthouse_says(self, mailbox):
        """[(identifier, letters and names)]."""
        shown = self.cli("acl", "get", self.joe.address, mailbox, "--json")
        self.assertEqual(shown.returncode, 0, shown)
        return sorted((("-" if one["negative"] else "") + one["identifier"], sorted([*one["rights"], *one["named"]]))
                      for one in json.loads(shown.stdout)["entries"])

    def dovecot_says(self, mailbox):
        shown = self.dovecot_process.doveadm("-f", "json", "acl", "get", "-u", self.joe.address, mailbox)
        self.assertEqual(shown.returncode, 0, shown)
        found = []
        for one in json.loads(shown.stdout):
            # Positive and negative rights of one identifier stand in one row.
            words = one["rights"].split()
            given, taken = [word for word in words if word[0] != "-"], [word[1:] for word in words if word[0] == "-"]
            if given or not taken:
                found.append((one["id"], letters(" ".join(given))))
            if taken:
                found.append(("-" + one["id"], letters(" ".join(taken))))
        return sorted(found)

    def cli(self, *arguments):
        return self.instance.posthouse(*arguments)

    def posthouse_sets(self, mailbox, identifier, rights):
        done = self.cli("acl", "set", self.joe.address, mailbox, "--", identifier, rights)
        self.assertEqual(done.returncode, 0, done)

    def dovecot_sets(self, mailbox, identifier, *names):
        done = self.dovecot_process.doveadm("acl", "set", "-u", self.joe.address, mailbox, identifier, *names)
        self.assertEqual(done.returncode, 0, done)

    def both_say(self, mailbox, expected):
        self.assertEqual(self.posthouse_says(mailbox), sorted(expected))
        self.assertEqual(self.dovecot_says(mailbox), sorted(expected))

    # -- tests

    def test_each_reads_and_changes_what_the_other_wrote(self):
        self.posthouse_sets("Work", f"user={self.ann.address}", "lrs")
        self.posthouse_sets("Work", 'group=the "big" o\'neil \\ staff', "lr")
        self.posthouse_sets("Work", "-group=staff", "t")
        expected = {f"user={self.ann.address}": [*"lrs"], 'group=the "big" o\'neil \\ staff': [*"lr"], "-group=staff": ["t"]}
        self.both_say("Work", expected.items())
        self.dovecot_sets("Work", "anyone", "lookup")
        self.dovecot_sets("Work", "group-override=a b", "read", "admin")
        self.dovecot_sets("Work", f"user={self.ann.address}", "insert", "post")
        expected |= {"anyone": ["l"], "group-override=a b": ["a", "r"], f"user={self.ann.address}": ["i", "p"]}
        self.both_say("Work", expected.items())
        self.posthouse_sets("Work", f"user={self.ann.address}", "+w")
        done = self.cli("acl", "delete", self.joe.address, "Work", "anyone")
        self.assertEqual(done.returncode, 0, done)
        del expected["anyone"]
        expected[f"user={self.ann.address}"] = ["i", "p", "w"]
        self.both_say("Work", expected.items())

    def test_a_new_mailbox_has_its_parents_list_whoever_makes_it(self):
        self.posthouse_sets("Work", self.ann.address, "lr")
        self.posthouse_sets("INBOX", "anyone", "l")
        for server, mark in ((self.posthouse, "P"), (self.dovecot, "D")):
            with server.imap(self.joe) as session:
                for name in ("Work/", "INBOX/", ""):
                    self.assertRegex(session.command(f"CREATE {name}{mark}")[0], "^OK")
            self.both_say(f"Work/{mark}", [(f"user={self.ann.address}", ["l", "r"])])
            self.both_say(f"INBOX/{mark}", [("anyone", ["l"])])
            self.both_say(mark, [])

    def test_a_list_goes_with_its_mailbox_whoever_renames_it(self):
        self.posthouse_sets("Work", self.ann.address, "lr")
        with self.dovecot.imap(self.joe) as session:
            self.assertRegex(session.command("RENAME Work Play")[0], "^OK")
        self.both_say("Play", [(f"user={self.ann.address}", ["l", "r"])])
        with self.posthouse.imap(self.joe) as session:
            self.assertRegex(session.command("RENAME Play Work")[0], "^OK")
        self.both_say("Work", [(f"user={self.ann.address}", ["l", "r"])])

    def test_both_say_the_same_of_who_may_do_what(self):
        chance = random.Random(SEED)
        identifiers = ["anyone", "authenticated", "group=staff", "group=board", "group=others", "owner", "group-override=staff",
                       f"user={self.joe.address}", f"user={self.ann.address}", "user=somebody", "anonymous"]
        folder = self.instance.maildir(self.joe) / ".Work"
        for _ in range(LISTS):
            lines = []
            for _ in range(chance.randrange(6)):
                rights = "".join(chance.sample("lrwstipekxa", chance.randrange(5)))
                names = chance.sample([*LETTERS, "custom"], chance.choice([0, 0, 0, 1, 2]))
                lines.append(chance.choice(["", "", "-"]) + chance.choice(identifiers) + chance.choice([" ", "  ", " \t"]) +
                             rights + (" :" + chance.choice([" ", ","]).join(names) if names else ""))
            # Dovecot reads it as both write it: a new file, put into its place.
            (folder / "dovecot-acl.new").write_text("\n".join(lines) + "\n")
            (folder / "dovecot-acl.new").rename(folder / "dovecot-acl")
            for user, mailbox in ((self.joe, "Work"), (self.ann, f"shared/{self.joe.address}/Work")):
                says = self.dovecot_process.doveadm("-f", "json", "acl", "rights", "-u", user.address, mailbox)
                self.assertEqual(says.returncode, 0, (lines, says))
                names = json.loads(says.stdout)[0]["rights"].split()
                # From our owner nothing can be taken.
                always = set(LETTERS.values() if user is self.joe else "")
                expected = sorted(always | {LETTERS[name] for name in names if name in LETTERS})
                ours = self.cli("acl", "get", self.joe.address, "Work", "--for", user.address, "--group", "staff", "--group", "board",
                                "--json")
                # Dovecot knows no annotations of messages (n).
                self.assertEqual(sorted(set(json.loads(ours.stdout)["rights"]) - {"n"}), expected, (user.address, lines))

    def test_readers_are_shown_the_same_mailboxes(self):
        self.dovecot_sets("Work", f"user={self.ann.address}", "lookup", "read")
        done = self.cli("acl", "reindex", self.joe.address)
        self.assertEqual(done.returncode, 0, done)
        self.posthouse_sets("INBOX", self.ann.address, "lrs")
        for server, prefix in ((self.posthouse, f"Other Users/{self.joe.address}/"), (self.dovecot, f"shared/{self.joe.address}/")):
            with server.imap(self.ann) as session:
                self.assertRegex(session.command(f'SELECT "{prefix}Work"')[0], r"^OK \[READ-ONLY\]")
                self.assertRegex(session.command(f'SELECT "{prefix}INBOX"')[0], r"^OK \[READ-WRITE\]")
                self.assertRegex(session.command(f'SELECT "{prefix}Sent"')[0], "^NO")
        with self.posthouse.imap(self.ann) as session:
            _, responses = session.command(f'LIST "" "Other Users/{self.joe.address}/*"')
        found = re.findall(rb"/(INBOX|Work|Sent)\"?$", b"\n".join(responses), re.MULTILINE)
        self.assertEqual(sorted(found), [b"INBOX", b"Work"])

    def test_what_dovecot_does_not_know_it_leaves_alone(self):
        done = self.cli("metadata", "set", self.joe.address, "Work", "/private/specialuse", "\\Archive")
        self.assertEqual(done.returncode, 0, done)
        with self.dovecot.imap(self.joe) as session:
            self.assertRegex(session.command("RENAME Work Play")[0], "^OK")
        with self.posthouse.imap(self.joe) as session:
            _, responses = session.command('LIST "" "*"')
        self.assertEqual([one for one in responses if re.search(rb"\\Archive", one)], [one for one in responses if one.endswith(b" Play")])


if __name__ == "__main__":
    main()
