"""Posthouse and Dovecot show the same of the same messages: ENVELOPE, BODYSTRUCTURE, sizes, every part, and what SEARCH,
SORT and THREAD find. Where they don't, there is a reason: dovecot_differences.py knows it, docs/dovecot-differences.md tells
what the RFCs say. The messages are made here, and every file of the folder POSTHOUSE_CORPUS (tests/run.sh --corpus DIR) when
it is named."""
# labels: corpus
# timeout: 1800

import collections
import difflib
import os
import random
import re

from both_servers import SEED, BothServersTest, give
from corpus_test import corpus_messages, made_messages
from dovecot_differences import REASONS, SEARCH_REASONS, children, envelope_differences, has_date, is_multipart, kind_of, reason_of, structure_differences
from field_syntax import addresses_are_right, fields_of
from hard_messages import hard_messages
from imap_values import pairs, values
from posthouse_test import SOURCE, main, setting
from trees import folder

ITEMS = b"UID RFC822.SIZE ENVELOPE BODY BODYSTRUCTURE"
BATCH = 50  # sections in one FETCH
WORDS = setting("WORDS", 12)  # messages whose words are searched for


def parts_of(body, prefix=""):
    """(part, kind) of all parts, as FETCH numbers them (RFC 9051 §6.4.5)."""
    if not is_multipart(body):
        yield prefix + "1" if not prefix or prefix.endswith(".") else prefix, kind_of(body)
        return
    for number, child in enumerate(children(body), 1):
        part = f"{prefix}{number}"
        if is_multipart(child):
            yield part, "multipart"
            yield from parts_of(child, part + ".")
        else:
            yield part, kind_of(child)
            if kind_of(child) == "message":
                yield from parts_of(child[8], part + ".")


def sections_of(body):
    """Names of sections that both must show alike."""
    names = ["HEADER", "TEXT"]
    for part, kind in parts_of(body):
        names += [part, part + ".MIME"] + [part + ".HEADER", part + ".TEXT"] * (kind == "message")
    return names


class Messages(BothServersTest):
    files = None

    def setUp(self):
        if Messages.files is None:
            self.fill()

    def fill(self):
        Messages.user = self.new_user()
        root = self.instance.maildir(self.user)
        place = folder(root, "INBOX")
        Messages.files = []
        made = [*hard_messages(), *made_messages()]
        Messages.made = len(made)
        for number, (name, content) in enumerate([*made, *corpus_messages()]):
            # On disk lines end either way.
            path = place / "cur" / f"{1_500_000_000 + number}.M1P1.host:2,{'S' * (number % 3 == 0)}"
            path.write_bytes(content.replace(b"\r\n", b"\n") if number % 2 else content)
            date = 1_500_000_000 + number * 7001
            os.utime(path, (date, date))
            Messages.files.append((name, content.replace(b"\r\n", b"\n")))
        give(root.parent)

    def both(self):
        """A session with each server."""
        sessions = [self.posthouse.imap(self.user), self.dovecot.imap(self.user)]
        for session in sessions:
            self.addCleanup(session.close)
            self.assertTrue(session.command("EXAMINE INBOX")[0].startswith("OK"))
        return sessions

    def fetched(self, session, items, which="1:*"):
        """[{name: value}] of the messages."""
        result, responses = session.command(b"FETCH %s (%s)" % (which.encode(), items))
        self.assertTrue(result.startswith("OK"), f"{items}: {result}")
        return [pairs(one[3]) for response in responses if (one := values(response))[2] == b"FETCH"]

    def check(self, differences):
        """`differences`: [(message's place, difference)]."""
        found, unknown = collections.Counter(), []
        for place, difference in differences:
            name, content = self.files[place]
            reason = reason_of(difference, content)
            found[reason] += 1
            if reason is None:
                where, ours, theirs = difference
                unknown.append(f"{name}: {where}\n    Posthouse: {str(ours)[:400]}\n    Dovecot:   {str(theirs)[:400]}")
        print("\n" + "\n".join(f"{count:6} {reason}" for reason, count in found.most_common()))
        self.assertEqual(unknown, [], "\n" + "\n".join(unknown))

    def test_every_reason_is_told(self):
        text = (SOURCE / "docs" / "dovecot-differences.md").read_text()
        self.assertEqual(sorted(re.findall(r"(?m)^### (.*)$", text)), sorted(heading for heading, _ in REASONS + SEARCH_REASONS))

    def test_envelopes_and_structures_are_the_same(self):
        ours, theirs = (self.fetched(session, ITEMS) for session in self.both())
        self.assertEqual([len(ours), len(theirs)], [len(self.files)] * 2)
        differences = []
        for place, (mine, other) in enumerate(zip(ours, theirs)):
            self.assertEqual(mine[b"UID"], other[b"UID"])
            differences += [(place, ("size", one[b"RFC822.SIZE"], two[b"RFC822.SIZE"])) for one, two in [(mine, other)]
                            if one[b"RFC822.SIZE"] != two[b"RFC822.SIZE"]]
            differences += [(place, one) for one in envelope_differences(mine[b"ENVELOPE"], other[b"ENVELOPE"])]
            for item in (b"BODY", b"BODYSTRUCTURE"):
                differences += [(place, one) for one in structure_differences(mine[item], other[item])]
        self.check(differences)

    def test_every_part_is_the_same(self):
        posthouse, dovecot = self.both()
        structures = self.fetched(posthouse, b"BODY")
        others = self.fetched(dovecot, b"BODY")
        differences = []
        for place, (mine, other) in enumerate(zip(structures, others)):
            names = sections_of(mine[b"BODY"])
            if names != sections_of(other[b"BODY"]):
                continue  # that is a difference of their structures
            for first in range(0, min(len(names), 400), BATCH):
                items = b" ".join(b"BODY.PEEK[%s]" % name.encode() for name in names[first:first + BATCH])
                one, two = (self.fetched(session, items, str(place + 1))[0] for session in (posthouse, dovecot))
                for name in one:
                    if one[name] != two[name]:
                        differences.append((place, ("section " + name.decode(), one[name], two[name])))
        self.check(differences)

    # -- SEARCH, SORT, THREAD: of the messages that are made here

    def words(self):
        """Words that stand in some messages, and addresses and days of some: (key, argument)."""
        chance = random.Random(SEED)
        plain = re.compile(rb"(?<![\w=])[A-Za-z]{4,12}(?![\w=])")
        for place in sorted(chance.sample(range(self.made), WORDS)):
            head, _, body = self.files[place][1].partition(b"\n\n")
            for key, text in ((b"BODY", body), (b"TEXT", body), (b"TEXT", head), *((name.upper(), value) for name in (b"Subject", b"From", b"To", b"Cc")
                                                                              for value in fields_of(head, name)[:1])):
                if found := plain.findall(text[:20000]):
                    yield key, chance.choice(found)

    def found(self, session, command):
        result, responses = session.command(command)
        self.assertTrue(result.startswith("OK"), f"{command}: {result}")
        return values(next(one for one in responses if re.match(rb"\* (SEARCH|SORT|THREAD)", one)))[2:]

    def test_searches_find_the_same(self):
        posthouse, dovecot = self.both()
        days = [b"1-Jan-1990", b"15-Aug-2002", b"22-Aug-2002", b"1-Jan-2003", b"2-Feb-2026"]
        keys = [b'%s "%s"' % one for one in self.words()]
        keys += [b"%s %s" % (key, day) for key in (b"SENTBEFORE", b"SENTON", b"SENTSINCE", b"BEFORE", b"ON", b"SINCE") for day in days]
        keys += [b"LARGER 5000", b"SMALLER 700", b"SEEN", b"UNSEEN", b'HEADER Message-ID ""', b'HEADER X-Mailer ""', b'HEADER References "<"',
                 b'OR FROM "a" NOT SUBJECT "e"', b"NOT (LARGER 2000 SMALLER 4000)"]
        differences = []
        for key in keys:
            ours, theirs = (set(self.found(session, b"SEARCH CHARSET UTF-8 1:%d %s" % (self.made, key))) for session in (posthouse, dovecot))
            differences += [(number - 1, ("search " + key.decode(), number in ours, number in theirs)) for number in ours ^ theirs]
        print(f"\n{len(keys)} searches")
        self.check(differences)

    def is_right(self, place):
        """Each field stands once, addresses are addresses and there is a date: there is one order."""
        head = self.files[place][1].partition(b"\n\n")[0] + b"\n"
        fields = {name: fields_of(head, name) for name in (b"subject", b"date", b"from", b"to", b"cc", b"message-id")}
        return all(len(values) <= 1 for values in fields.values()) and has_date(head) and all(
            addresses_are_right(value) for name in (b"from", b"to", b"cc") for value in fields[name])

    def test_sorts_and_threads_are_the_same(self):
        posthouse, dovecot = self.both()
        right = {place + 1 for place in range(self.made) if self.is_right(place)}
        self.assertGreater(len(right), 50)
        wrong = []
        for key in (b"ARRIVAL", b"CC", b"DATE", b"FROM", b"SIZE", b"SUBJECT", b"TO", b"REVERSE DATE", b"SUBJECT REVERSE SIZE", b"DISPLAYFROM", b"DISPLAYTO"):
            ours, theirs = (self.found(session, b"SORT (%s) UTF-8 1:%d" % (key, self.made)) for session in (posthouse, dovecot))
            self.assertEqual(sorted(ours), sorted(theirs))
            ours, theirs = ([one for one in found if one in right] for found in (ours, theirs))
            if ours != theirs:
                opcodes = difflib.SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes()
                moved = {self.files[one - 1][0] for what, first, last, _, _ in opcodes if what != "equal" for one in ours[first:last]}
                wrong.append(f"{key.decode()}: {sorted(moved)}")
        for key in (b"REFERENCES", b"ORDEREDSUBJECT", b"REFS"):
            ours, theirs = (self.found(session, b"THREAD %s UTF-8 1:%d" % (key, self.made)) for session in (posthouse, dovecot))
            # In which order whole threads stand depends on the dates that messages without a date are given.
            only = [f"{thread}" for thread in set(ours) ^ set(theirs)]
            wrong += [f"{key.decode()}: {sorted(only)[:20]}"] if only else []
        self.assertEqual(wrong, [], "\n" + "\n".join(wrong))


if __name__ == "__main__":
    main()
