"""imaplib, curl and bare connections work with mailboxes: folders, messages, flags and keywords, search, copy and move,
IDLE, over STARTTLS and over TLS from the start."""
# labels: clients

import base64
import datetime
import imaplib
import re

from mail_programs import Programs, imap_client
from mail_wire import Imap, literal_of
from posthouse_test import SystemTest, User, main

LISTENERS = ("imap", "imaps")


def utf7(name):
    """A folder's name as IMAP4rev1 writes it (RFC 3501 §5.1.3)."""
    def shifted(match):
        text = match[0].encode("utf-16-be")
        return "&" + base64.b64encode(text).decode().rstrip("=").replace("/", ",") + "-"
    return re.sub(r"[^\x20-\x7e]+", shifted, name.replace("&", "&-"))


def numbers(data):
    return [int(number) for number in data[0].split()]


class ImapClients(SystemTest):
    settings = {"auth.failure_delay": "0", "guard.failure_delay": "0"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.programs = Programs(cls.instance)
        cls.alice, cls.bob = cls.instance.user("alice"), cls.instance.user("bob")

    def ok(self, answer):
        """The data of an imaplib command that must not fail."""
        self.assertEqual(answer[0], "OK", answer)
        return answer[1]

    def folder(self, client, name, messages=()):
        """A new folder with these messages, selected."""
        self.ok(client.create(f'"{name}"'))
        for message in messages:
            self.ok(client.append(f'"{name}"', None, None, message))
        self.ok(client.select(f'"{name}"'))
        return name

    def subjects(self, client):
        """The subjects in the selected folder, in order."""
        if not numbers(self.ok(client.search(None, "ALL"))):
            return []
        data = self.ok(client.fetch("1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])"))
        return [part[1].decode().strip().removeprefix("Subject: ") for part in data if isinstance(part, tuple)]

    def test_passwords_are_taken_after_tls_only(self):
        with imaplib.IMAP4("127.0.0.1", self.instance.port("imap")) as client:
            self.assertIn("LOGINDISABLED", client.capabilities)
            self.assertFalse([name for name in client.capabilities if name.startswith("AUTH=")])
            with self.assertRaisesRegex(imaplib.IMAP4.error, r"\[PRIVACYREQUIRED\]"):
                client.login(self.alice.address, self.alice.password)
            with self.assertRaisesRegex(imaplib.IMAP4.error, r"\[PRIVACYREQUIRED\]"):
                client.authenticate("PLAIN", lambda _: f"\0{self.alice.address}\0{self.alice.password}".encode())

    def test_log_in_works_by_every_way(self):
        for listener in LISTENERS:
            with imap_client(self.instance, self.alice, listener) as client:
                self.assertEqual(client.state, "AUTH")
            with imap_client(self.instance, listener=listener) as client:
                self.ok(client.authenticate("PLAIN", lambda _: f"\0{self.alice.address}\0{self.alice.password}".encode()))
            for mechanism in ("PLAIN", "LOGIN"):
                listed = self.programs.curl(listener, "", "--login-options", f"AUTH={mechanism}", user=self.alice)
                self.assertEqual(listed.returncode, 0, listed.stderr)
                self.assertIn('"/" INBOX', listed.stdout)

    def test_a_wrong_password_and_an_unknown_user_hear_the_same(self):
        for user in (User(self.alice.address, "not the password"), User("nobody@posthouse.example", "x")):
            for listener in LISTENERS:
                with self.assertRaisesRegex(imaplib.IMAP4.error, r"\[AUTHENTICATIONFAILED\] Authentication failed"):
                    imap_client(self.instance, user, listener)
                self.assertEqual(self.programs.curl(listener, "", user=user).returncode, 67)

    def test_curl_appends_lists_searches_fetches_and_deletes(self):
        content = "Subject: from curl\r\n\r\n" + "line\r\n" * 1000 + ".\r\n"
        path = self.programs.file("upload", content)

        def curl(path, *arguments):
            done = self.programs.curl(listener, path, *arguments, user=self.alice)
            self.assertEqual((done.returncode, done.stderr), (0, ""))
            return done.stdout

        for listener in LISTENERS:
            name = f"Curl-{listener}"
            curl("", "-X", f"CREATE {name}")
            for _ in range(2):
                curl(name, "--upload-file", path)
            self.assertIn(f'"/" {name}\n', curl("", "-X", f'LIST "" {name}').replace("\r", ""))
            self.assertRegex(curl(name, "-X", "SEARCH SUBJECT curl"), r"\* SEARCH 1 2\r?\n")
            self.assertEqual(curl(f"{name};MAILINDEX=2").encode(), content.encode().replace(b"\r\n", b"\n"))
            self.assertEqual(curl(f"{name};UID=1;SECTION=HEADER").strip(), "Subject: from curl")
            curl(name, "-X", "STORE 1 +FLAGS.SILENT (\\Deleted)")
            self.assertIn("* 1 EXPUNGE", curl(name, "-X", "EXPUNGE"))
            self.assertRegex(curl(name, "-X", "UID SEARCH ALL"), r"\* SEARCH 2\r?\n")
            curl("", "-X", f"DELETE {name}")
            self.assertEqual(curl("", "-X", f'LIST "" {name}'), "")

    def test_an_appended_message_keeps_bytes_flags_and_date(self):
        content = b"Subject: \xe4ppended\r\n\r\n\x80\xff\r\n" + b"x" * 100_000 + b"\r\n"
        date = datetime.datetime(2001, 2, 3, 4, 5, 6, tzinfo=datetime.timezone(datetime.timedelta(hours=1)))
        with imap_client(self.instance, self.alice) as client:
            self.ok(client.create("Appended"))
            answer = self.ok(client.append("Appended", r"(\Seen \Flagged $Label Work)", date, content))
            self.assertRegex(answer[0], rb"\[APPENDUID \d+ 1\]")
            self.ok(client.select("Appended"))
            head, body = self.ok(client.fetch("1", "(FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"))[0]
            self.assertEqual(body, content)
            self.assertEqual(set(imaplib.ParseFlags(head)) - {rb"\Recent"}, {rb"\Seen", rb"\Flagged", b"$Label", b"Work"})
            self.assertEqual(datetime.datetime(*imaplib.Internaldate2tuple(head)[:6]).astimezone(), date)
            self.assertIn(b"RFC822.SIZE %d" % len(content), head)
            partial = self.ok(client.fetch("1", "(BODY.PEEK[TEXT]<2.5>)"))[0]
            self.assertEqual(partial[1], b"\r\nxxx")

    def test_flags_and_keywords_are_kept_and_found(self):
        with imap_client(self.instance, self.alice) as client:
            self.folder(client, "Flags", [b"Subject: %d\r\n\r\n" % number for number in range(1, 6)])
            self.ok(client.store("1:3", "+FLAGS", r"(\Seen $Forwarded)"))
            self.ok(client.store("2", "-FLAGS", r"(\Seen)"))
            self.ok(client.uid("STORE", "4", "FLAGS.SILENT", r"(\Answered \Draft Later)"))
            self.ok(client.fetch("5", "(BODY[])"))  # not PEEK: it is read by this
        with imap_client(self.instance, self.alice) as client:
            self.ok(client.select("Flags"))
            for criteria, expected in (("SEEN", [1, 3, 5]), ("KEYWORD $Forwarded", [1, 2, 3]), ("UNKEYWORD $forwarded", [4, 5]),
                                       ("ANSWERED DRAFT KEYWORD later", [4]), ("NOT (OR SEEN ANSWERED)", [2]), ("RECENT", [])):
                self.assertEqual(numbers(self.ok(client.search(None, criteria))), expected, criteria)
            self.ok(client.store("1:*", "FLAGS", "()"))
            self.assertEqual(numbers(self.ok(client.search(None, "UNSEEN UNANSWERED UNDRAFT"))), [1, 2, 3, 4, 5])

    def test_search_looks_at_headers_dates_sizes_and_text(self):
        old = datetime.datetime(2010, 1, 1, 12, tzinfo=datetime.timezone.utc)
        with imap_client(self.instance, self.alice) as client:
            self.folder(client, "Search")
            for date, message in (
                    (old, "From: Ann <ann@example.org>\r\nDate: Fri, 1 Jan 2010 12:00:00 +0000\r\nSubject: plain\r\n\r\nneedle\r\n"),
                    (None, "From: Joe <joe@example.net>\r\nCc: ann@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n\r\n"
                           + "hay " * 1000),
                    (None, "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
                           + base64.b64encode("hidden Nadel ß".encode()).decode() + "\r\n")):
                self.ok(client.append("Search", None, date, message.encode()))
            for criteria, expected in (
                    ("FROM ann", [1]), ("CC ann", [2]), ("OR FROM ann CC ann", [1, 2]), ("HEADER subject plain", [1]),
                    ("HEADER Cc {}".format('""'), [2]), ("BODY needle", [1]), ("TEXT plain", [1, 3]), ("BODY NADEL", [3]),
                    ("BEFORE 1-Feb-2010", [1]), ("SINCE 1-Feb-2010", [2, 3]), ("SENTON 1-Jan-2010", [1]), ("LARGER 3000", [2]),
                    ("SMALLER 3000 NOT FROM ann", [3]), ("UID 2:*", [2, 3]), ("1,3 TEXT NEEDLE", [1]), ("SUBJECT nothing", [])):
                self.assertEqual(numbers(self.ok(client.search(None, criteria))), expected, criteria)
            client.literal = "grüße".encode()
            self.assertEqual(numbers(self.ok(client.search("UTF-8", "SUBJECT"))), [2])

    def test_copy_move_and_expunge(self):
        with imap_client(self.instance, self.alice) as client, imap_client(self.instance, self.alice, "imap") as other:
            self.folder(client, "To", [b"Subject: first\r\n\r\n"])
            self.folder(client, "From", [b"Subject: %c\r\n\r\n" % letter for letter in b"ABCDEF"])
            self.ok(client.store("1", "+FLAGS", r"(\Flagged Kept)"))
            self.assertRegex(self.ok(client.copy("1:2", "To"))[0], rb"\[COPYUID \d+ 1:2 2:3\]")
            self.ok(client.uid("MOVE", "3,5", "To"))
            self.assertEqual(len(client.response("EXPUNGE")[1]), 2)
            self.assertEqual(self.subjects(client), ["A", "B", "D", "F"])
            self.ok(client.store("1:2", "+FLAGS.SILENT", r"(\Deleted)"))
            self.ok(client.uid("EXPUNGE", "2"))
            self.assertEqual(client.response("EXPUNGE")[1], [b"2"])
            self.assertEqual(self.subjects(client), ["A", "D", "F"])
            self.assertEqual(numbers(self.ok(client.expunge())), [1])
            self.ok(other.select("To"))
            self.assertEqual(self.subjects(other), ["first", "A", "B", "C", "E"])
            self.assertEqual(numbers(self.ok(other.search(None, "FLAGGED KEYWORD Kept"))), [2])
            self.assertEqual(client.copy("1", "Missing")[0], "NO")
            self.assertIn(b"[TRYCREATE]", client.copy("1", "Missing")[1][0])
            self.assertEqual(self.subjects(client), ["D", "F"])

    def test_folders_with_every_kind_of_name(self):
        names = ["Entwürfe", "日本語/メール", "R&D", "Ärger & Glück", "tief/er/am/tiefsten", "mit Leerzeichen", "Русский", "😀"]
        with imap_client(self.instance, self.alice, "imap") as client:
            for name in names:
                coded = f'"{utf7(name)}"'
                self.ok(client.create(coded))
                self.ok(client.subscribe(coded))
                self.ok(client.append(coded, None, None, b"Subject: in it\r\n\r\n"))
                self.assertIn(b"MESSAGES 1", self.ok(client.status(coded, "(MESSAGES)"))[0])
            for listing in (self.ok(client.list()), self.ok(client.lsub())):
                text = b"\n".join(line for line in listing if isinstance(line, bytes)).decode()
                for name in names:
                    self.assertRegex(text, rf'(?m) "?{re.escape(utf7(name))}"?$')
            self.ok(client.rename(f'"{utf7("日本語")}"', f'"{utf7("中文")}"'))
            self.ok(client.select(f'"{utf7("中文/メール")}"'))
            self.assertEqual(self.subjects(client), ["in it"])
            for name in ["中文/メール", *(name for name in names if "メール" not in name)]:
                self.ok(client.delete(f'"{utf7(name)}"'))
                self.assertEqual(self.ok(client.list('""', f'"{utf7(name)}"')), [None])
            self.assertEqual(client.create('"no &good-"')[0], "NO")

    def test_folders_are_utf8_for_who_enables_it(self):
        names = ["Entwürfe", "日本語/メール", "R&D", "😀"]
        with imap_client(self.instance, self.bob, "imap") as client, imap_client(self.instance, self.bob, "imap") as old:
            self.ok(old.create(f'"{utf7("Русский")}"'))
            self.assertIn(b"UTF8=ACCEPT", self.ok(client.enable("UTF8=ACCEPT"))[0] + client.response("ENABLED")[1][0])
            for name in names:
                self.ok(client.create(f'"{name}"'))
                self.ok(client.subscribe(f'"{name}"'))
                self.assertIn(b"MESSAGES 0", self.ok(client.status(f'"{name}"', "(MESSAGES)"))[0])
            listed = b"\n".join(line for line in self.ok(client.list()) if isinstance(line, bytes)).decode()
            for name in [*names, "Русский"]:
                self.assertRegex(listed, rf'(?m) "?{re.escape(name)}"?$')
            seen = b"\n".join(line for line in self.ok(old.lsub()) if isinstance(line, bytes)).decode()
            for name in names:
                self.assertRegex(seen, rf'(?m) "?{re.escape(utf7(name))}"?$')
            self.ok(old.append(f'"{utf7("Entwürfe")}"', None, None, "Subject: Grüße\r\n\r\n".encode()))
            self.ok(client.select('"Entwürfe"'))
            self.assertEqual(numbers(self.ok(client.search(None, 'SUBJECT "GRÜ"'))), [1])
            self.assertEqual(self.subjects(client), ["Grüße"])
            for name in [*names, "Русский"]:
                self.ok(client.delete(f'"{name}"'))

    def test_idle_tells_at_once_what_another_session_does(self):
        with Imap(self.instance.address("imaps"), tls=True, certificate=self.instance.certificate) as idling, \
                imap_client(self.instance, self.bob) as client:
            self.assertTrue(idling.login(self.bob).startswith("OK"))
            self.folder(client, "Idle", [b"Subject: first\r\n\r\n"])
            self.assertTrue(idling.command("SELECT Idle")[0].startswith("OK"))
            idling.send(b"i IDLE\r\n")
            self.assertTrue(idling.line().startswith(b"+ "))
            self.ok(client.append("Idle", None, None, b"Subject: pushed\r\n\r\n"))
            self.assertIn(b"* 2 EXISTS", self.lines_up_to(idling, b" EXISTS"))
            self.ok(client.store("1", "+FLAGS", r"(\Deleted)"))
            self.assertRegex(self.lines_up_to(idling, b" FETCH ")[-1], rb"\* 1 FETCH \(.*\\Deleted")
            self.ok(client.expunge())
            self.assertEqual(self.lines_up_to(idling, b" EXPUNGE")[-1], b"* 1 EXPUNGE")
            idling.send(b"DONE\r\n")
            self.assertTrue(idling.result(b"i")[0].startswith("OK"))
            _, fetched = idling.command("FETCH 1 (UID BODY.PEEK[])")
            self.assertEqual(literal_of(fetched[0]), b"Subject: pushed\r\n\r\n")

    def test_idle_tells_of_new_mail(self):
        with Imap(self.instance.address("imaps"), tls=True, certificate=self.instance.certificate) as idling:
            self.assertTrue(idling.login(self.bob).startswith("OK"))
            _, untagged = idling.command("SELECT INBOX")
            held = int(next(line.split()[1] for line in untagged if line.endswith(b" EXISTS")))
            idling.send(b"i IDLE\r\n")
            self.assertTrue(idling.line().startswith(b"+ "))
            sent = self.programs.swaks("smtp", "--from", "a@example.org", "--to", self.bob.address)
            self.assertEqual(sent.returncode, 0, sent.stdout)
            self.assertIn(b"* %d EXISTS" % (held + 1), self.lines_up_to(idling, b" EXISTS"))
            idling.send(b"DONE\r\n")
            self.assertTrue(idling.result(b"i")[0].startswith("OK"))

    def lines_up_to(self, connection, part):
        """The lines that come, the last of them the first with `part` in it."""
        lines = [connection.line()]
        while part not in lines[-1]:
            self.assertTrue(lines[-1], f"the connection ended: {lines}")
            lines.append(connection.line())
        return lines


if __name__ == "__main__":
    main()
