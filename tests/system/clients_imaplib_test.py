"""imaplib uses the extensions: CONDSTORE and QRESYNC, SORT and THREAD, ESEARCH, LIST-EXTENDED, QUOTA, ACL, METADATA, ANNOTATE, and
what tells of messages (OBJECTID, PREVIEW, SAVEDATE)."""
# labels: clients

import re
import time

from client_tests import ClientTest
from mail_programs import imap_client
from posthouse_test import main


def message(number, subject, reference=None, body="text"):
    links = f"In-Reply-To: <{reference}@example.org>\r\nReferences: <{reference}@example.org>\r\n" if reference else ""
    return (f"From: A{10 - number} <a{number}@example.org>\r\nTo: joe@example.org\r\nDate: Mon, {number} Jan 2024 10:00:00 +0000\r\n"
            f"Subject: {subject}\r\nMessage-ID: <{number}@example.org>\r\n{links}\r\n{body}\r\n").encode()


class Extensions(ClientTest):
    def setUp(self):
        """Each test has an account and a connection of its own."""
        self.joe = self.user(self._testMethodName.removeprefix("test_"))
        self.client = self.connected()

    def connected(self):
        client = imap_client(self.instance, self.joe)
        self.addCleanup(client.shutdown)
        return client

    def ok(self, answer):
        self.assertEqual(answer[0], "OK", answer)
        return answer[1]

    def command(self, *words, client=None):
        """A command that imaplib has no method for; what was said untagged stays for heard()."""
        return self.ok((client or self.client).xatom(*words))

    def heard(self, name, client=None):
        """The untagged responses of this name since it was last asked, and response codes."""
        return [one for one in (client or self.client).response(name)[1] if one is not None]

    def append(self, *messages, folder="INBOX"):
        """Messages that came within the last minutes, a second after each other."""
        start = time.time() - 600
        for number, one in enumerate(messages):
            self.ok(self.client.append(folder, None, start + number, one))

    def select(self, *parameters, client=None):
        """SELECT INBOX with parameters, which imaplib's method does not take."""
        client = client or self.client
        client.untagged_responses = {}
        self.command("SELECT", "INBOX", *parameters, client=client)
        client.state = "SELECTED"
        return client

    def test_condstore_tells_changes_and_refuses_to_overwrite_them(self):
        self.append(*(message(number, "x") for number in range(1, 6)))
        self.command("ENABLE", "CONDSTORE")
        self.assertEqual(self.heard("ENABLED"), [b"CONDSTORE"])
        self.select()
        before = int(self.heard("HIGHESTMODSEQ")[0])
        other = self.connected()
        self.ok(other.select("INBOX"))
        self.ok(other.store("2", "+FLAGS", r"(\Seen)"))
        changed = self.ok(self.client.uid("FETCH", "1:*", "(FLAGS)", f"(CHANGEDSINCE {before})"))
        self.assertEqual({line.split()[0] for line in changed}, {b"2"})
        self.assertRegex(changed[-1], rb"2 \((?=.*UID 2)(?=.*FLAGS \(\\Seen)(?=.*MODSEQ \(\d+\)).*\)")
        self.ok(self.client.uid("STORE", "1:3", f"(UNCHANGEDSINCE {before})", "+FLAGS", r"(\Flagged)"))
        self.assertEqual(self.heard("MODIFIED"), [b"2"])
        self.assertEqual(self.ok(self.client.search(None, "FLAGGED")), [b"1 3"])
        found = self.ok(self.client.search(None, f"MODSEQ {before + 1}"))[0]
        self.assertRegex(found, rb"^1 2 3 \(MODSEQ \d+\)$")
        self.assertRegex(self.ok(self.client.status("INBOX", "(HIGHESTMODSEQ MESSAGES)"))[0], rb"MESSAGES 5")

    def test_qresync_tells_what_is_gone_and_what_has_changed(self):
        self.append(*(message(number, "x") for number in range(1, 9)))
        self.command("ENABLE", "QRESYNC")
        self.select()
        validity, modseq = self.heard("UIDVALIDITY")[0].decode(), self.heard("HIGHESTMODSEQ")[0].decode()
        self.ok(self.client.unselect())
        other = self.connected()
        self.ok(other.select("INBOX"))
        self.ok(other.store("2:3,5", "+FLAGS", r"(\Deleted)"))
        self.ok(other.expunge())
        self.ok(other.uid("STORE", "8", "+FLAGS", r"(\Answered)"))
        self.select(f"(QRESYNC ({validity} {modseq}))")
        self.assertEqual(self.heard("VANISHED"), [b"(EARLIER) 2:3,5"])
        changed = self.heard("FETCH")
        self.assertEqual(len(changed), 1)
        self.assertRegex(changed[0], rb"5 \((?=.*UID 8)(?=.*\\Answered).*\)")
        self.ok(other.uid("STORE", "1", "+FLAGS", r"(\Deleted)"))
        self.ok(other.expunge())
        self.ok(self.client.noop())
        self.assertEqual(self.heard("VANISHED"), [b"1"])

    def test_sort_and_thread(self):
        self.append(message(1, "pears"), message(2, "Re: pears", 1), message(3, "apples"), message(4, "Re: pears", 2),
                    message(5, "[list] apples", body="x" * 1000))
        self.ok(self.client.select("INBOX"))
        for keys, expected in (("(DATE)", b"1 2 3 4 5"), ("(REVERSE DATE)", b"5 4 3 2 1"), ("(SUBJECT)", b"3 5 1 2 4"),
                               ("(FROM)", b"1 2 3 4 5"), ("(DISPLAYFROM)", b"5 4 3 2 1"), ("(REVERSE SIZE)", b"5"), ("(ARRIVAL)", b"1 2 3 4 5"),
                               ("(SUBJECT REVERSE DATE)", b"5 3 4 2 1")):
            found = self.ok(self.client.sort(keys, "UTF-8", "ALL"))[0]
            self.assertTrue(found.startswith(expected), (keys, found))
        self.assertEqual(self.ok(self.client.sort("(SUBJECT)", "UTF-8", "SUBJECT", "pears")), [b"1 2 4"])
        self.assertEqual(self.ok(self.client.thread("REFERENCES", "UTF-8", "ALL")), [b"(1 2 4)((3)(5))"])
        self.assertEqual(self.ok(self.client.thread("REFS", "UTF-8", "ALL")), [b"(3)(1 2 4)(5)"])
        self.assertEqual(self.ok(self.client.thread("ORDEREDSUBJECT", "UTF-8", "ALL")), [b"(1 (2)(4))(3 5)"])
        self.assertEqual(self.ok(self.client.uid("THREAD", "REFERENCES", "UTF-8", "SUBJECT", "apples")), [b"((3)(5))"])
        self.command("UID", "SORT", "RETURN (MIN MAX COUNT PARTIAL 2:3)", "(REVERSE DATE)", "UTF-8", "ALL")
        self.assertRegex(self.heard("ESEARCH")[0], rb"UID(?=.* MIN 5)(?=.* MAX 1)(?=.* COUNT 5)(?=.* PARTIAL \(2:3 4,3\))")

    def test_searches_return_what_is_asked_and_save_it(self):
        self.append(*(message(number, "odd" if number % 2 else "even") for number in range(1, 10)))
        self.ok(self.client.select("INBOX"))
        self.ok(self.client.search(None, "RETURN (MIN MAX COUNT ALL)", "SUBJECT", "odd"))
        self.assertRegex(self.heard("ESEARCH")[0], rb"(?=.* MIN 1)(?=.* MAX 9)(?=.* COUNT 5)(?=.* ALL 1,3,5,7,9)")
        self.ok(self.client.search(None, "RETURN (PARTIAL -1:-2)", "SUBJECT", "odd"))
        self.assertRegex(self.heard("ESEARCH")[0], rb"PARTIAL \(-1:-2 7,9\)|PARTIAL \(-1:-2 9,7\)")
        self.ok(self.client.search(None, "RETURN (SAVE)", "SUBJECT", "even"))
        self.ok(self.client.store("$", "+FLAGS.SILENT", r"(\Flagged)"))
        self.assertEqual(self.ok(self.client.search(None, "FLAGGED")), [b"2 4 6 8"])
        self.assertEqual(self.ok(self.client.search(None, "$", "3:6")), [b"4 6"])
        self.assertEqual(self.ok(self.client.search(None, "YOUNGER", "3600")), [b"1 2 3 4 5 6 7 8 9"])
        self.assertEqual(self.ok(self.client.search(None, "OLDER", "3600")), [b""])

    def test_one_list_tells_uses_subscriptions_and_counts(self):
        self.ok(self.client.delete("Sent"))
        self.command("CREATE", '"Sent mail"', r"(USE (\Sent))")
        for name in ("Work", "Work/Deep"):
            self.ok(self.client.create(name))
        self.ok(self.client.subscribe("Work/Deep"))
        self.append(message(1, "x"), message(2, "y"), folder="Work")
        self.command("LIST", '""', '"*"', "RETURN (CHILDREN SUBSCRIBED SPECIAL-USE STATUS (MESSAGES UNSEEN UIDNEXT SIZE))")
        listed = {re.search(rb'"/" "?(.*?)"?$', line)[1].decode(): set(re.findall(rb"\\\w+", line.split(b")")[0]))
                  for line in self.heard("LIST")}
        self.assertEqual(set(listed), {"INBOX", "Sent mail", "Work", "Work/Deep", "Archive", "Drafts", "Junk", "Trash"})
        self.assertIn(b"\\Sent", listed["Sent mail"])
        self.assertIn(b"\\HasChildren", listed["Work"])
        self.assertEqual(listed["Work/Deep"] & {b"\\Subscribed", b"\\HasNoChildren"}, {b"\\Subscribed", b"\\HasNoChildren"})
        work = next(line for line in self.heard("STATUS") if line.startswith(b"Work "))
        self.assertRegex(work, rb"(?=.*MESSAGES 2)(?=.*UNSEEN 2)(?=.*UIDNEXT 3)(?=.*SIZE %d)" % sum(
            len(message(number, subject)) for number, subject in ((1, "x"), (2, "y"))))
        self.command("LIST", "(SPECIAL-USE)", '""', '"S*"')
        self.assertEqual([line.split(b'"/" ')[1] for line in self.heard("LIST")], [b'"Sent mail"'])
        self.assertEqual(self.ok(self.client.namespace())[0], b'(("" "/")) (("Other Users/" "/")) NIL')

    def test_quota_acl_and_metadata(self):
        self.append(message(1, "x"))
        roots, quotas = self.ok(self.client.getquotaroot("INBOX"))
        root = roots[0].split(None, 1)[1].decode()
        self.assertEqual(self.ok(self.client.getquota(root)), quotas)
        self.ok(self.client.create("Shared"))
        self.ok(self.client.setacl("Shared", "bob@posthouse.example", "lrsw"))
        self.assertRegex(self.ok(self.client.getacl("Shared"))[0], rb"bob@posthouse.example lrws$")
        self.assertRegex(self.ok(self.client.myrights("Shared"))[0], rb"^\"?Shared\"? \"?[a-z]*l[a-z]*")
        self.ok(self.client.deleteacl("Shared", "bob@posthouse.example"))
        self.assertNotIn(b"bob", self.ok(self.client.getacl("Shared"))[0])
        self.command("SETMETADATA", "Shared", '(/private/comment "for later")')
        self.command("GETMETADATA", "Shared", "/private/comment")
        heard = self.heard("METADATA")
        self.assertIn(b"for later", heard[0] if isinstance(heard[0], bytes) else b"".join(heard[0]))

    def test_messages_have_ids_previews_and_dates(self):
        self.append(message(1, "x", body="first words of a letter"), message(2, "Re: x", 1))
        self.ok(self.client.create("Other"))
        self.ok(self.client.select("INBOX"))
        known = re.compile(rb"(?=.*EMAILID \((\w[\w-]*)\))(?=.*THREADID \((\w[\w-]*)\))(?=.*SAVEDATE \"[^\"]+\")")
        emails, threads = zip(*(known.search(line).groups() for line in self.ok(
            self.client.fetch("1:2", "(EMAILID THREADID SAVEDATE)"))))
        self.assertEqual((len(set(emails)), len(set(threads))), (2, 1))
        preview = b"".join(part if isinstance(part, bytes) else b"".join(part) for part in self.ok(self.client.fetch("1", "(PREVIEW)")))
        self.assertIn(b"first words of a letter", preview)
        self.ok(self.client.uid("MOVE", "1", "Other"))
        self.assertRegex(self.heard("COPYUID")[0], rb"\d+ 1 1")
        self.ok(self.client.select("Other"))
        self.assertEqual(known.search(self.ok(self.client.fetch("1", "(EMAILID THREADID SAVEDATE)"))[0])[1], emails[0])
        self.assertEqual(self.ok(self.client.search(None, "EMAILID", emails[0].decode())), [b"1"])
        self.assertRegex(self.ok(self.client.status("Other", "(MAILBOXID)"))[0], rb"MAILBOXID \(\w")

    def test_messages_are_annotated(self):
        self.append(message(1, "x"), message(2, "y"))
        self.ok(self.client.select("INBOX"))
        self.ok(self.client.store("1", "ANNOTATION", '(/comment (value.priv "call back" value.shared "ours"))'))
        shown = b'ANNOTATION (/comment (value.priv "call back" value.shared "ours"))'
        self.assertIn(shown, self.ok(self.client.fetch("1", "(ANNOTATION (/comment value))"))[0])
        self.assertEqual(self.ok(self.client.search(None, "ANNOTATION", "/comment", "value.shared", '"OUR"')), [b"1"])
        self.assertEqual(self.ok(self.client.sort("(REVERSE ANNOTATION /comment value.priv)", "UTF-8", "ALL")), [b"1 2"])
        self.ok(self.client.copy("1", "INBOX"))
        self.assertIn(shown, self.ok(self.client.fetch("3", "(ANNOTATION (/* value))"))[0])

    def test_a_draft_is_replaced_in_one_step(self):
        self.append(message(1, "draft"))
        self.ok(self.client.select("INBOX"))
        self.client.literal = message(1, "better draft")
        self.command("UID", "REPLACE", "1", "INBOX", r"(\Draft)")
        self.assertEqual(self.ok(self.client.uid("SEARCH", None, "ALL")), [b"2"])
        self.assertEqual(self.ok(self.client.search(None, "SUBJECT", "better", "DRAFT")), [b"1"])


if __name__ == "__main__":
    main()
