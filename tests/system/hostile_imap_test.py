"""A hostile IMAP client: commands, literals, sets, nests and names over their bounds, lies about sizes, bombs of MIME, a
reader that does not read. After each attack every daemon is the process it was, and normal clients work."""

import select
import socket

from hostile import HostileTest, ends, messages
from mail_wire import Imap, Smtp, literal_of
from posthouse_test import eventually, main

NAMES_REFUSED = ["..", "../x", "a/../b", "a/./b", "/etc", "a//b", ".hidden", "a.b", '""', '"a&b"', '"&"', '"&AGE-"',
                 '"&//8-"', '"&2AA-"', '"\xe9"', '"a\tb"', "a" * 1000, "a" * 1001, "a" * 256, "/".join("a" * 400),
                 "/".join("a" * 10_000), "{3+}\r\na\0b", "{3+}\r\na\nb", "{3+}\r\na\rb", '"../../posthouse.example/bob"',
                 '"../bob/INBOX"', '"/tmp"', "\"&AC8-\"", "\"&AC4ALg-\"", "\"&AAA-\""]
NAMES_TAKEN = ['"a%b"', '"a*b"', '"&-"', '"a\\\\b"', '"~root"', "cur", "new", "tmp", "dovecot-uidlist", "maildirfolder",
               "INBOX/INBOX", '"a b"', '"-rf"', '"|sh"']


def nest(levels):
    parts = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(levels))
    return b"MIME-Version: 1.0\r\n" + parts + b"\r\nx\r\n"


BOMBS = {
    "multiparts": nest(10_000),
    "messages in messages": b"Content-Type: message/rfc822\r\n\r\n" * 30_000 + b"Subject: x\r\n\r\nx\r\n",
    "parts": b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\n\r\n" * 100_000,
    "near boundaries": nest(64) + b"--b0x\r\n" * 300_000,
    "parameters": b"Content-Type: text/plain" + b"".join(b';\r\n a%d*%d="x"' % (n, n) for n in range(30_000)) + b"\r\n\r\nx\r\n",
    "pieces of a parameter": b"Content-Type: text/plain" + b"".join(b";\r\n n*%d*=%%41" % n for n in range(30_000)) + b"\r\n\r\n",
    "quotes": b'Content-Type: text/plain; name="' + b'\\"' * 200_000 + b"\r\n\r\nx\r\n",
    "addresses": b"To: " + b",\r\n ".join(b"a%d <a@x.example>" % n for n in range(30_000)) + b"\r\n\r\nx\r\n",
    "comments": b"To: " + b"(" * 300_000 + b"\r\n\r\nx\r\n",
    "groups": b"To: " + b"a:" * 100_000 + b"\r\n\r\nx\r\n",
    "encoded words": b"Subject: " + b"=?utf-8?B?QQ==?= " * 30_000 + b"\r\n\r\nx\r\n",
    "words that never end": b"Subject: " + b"=?a?q?" * 60_000 + b"\r\n\r\nx\r\n",
    "fields": b"".join(b"X%d: y\r\n" % n for n in range(60_000)) + b"\r\nx\r\n",
    "folds": b"Subject: a\r\n" + b" \r\n" * 200_000 + b"\r\nx\r\n",
    "references": b"References: " + b"<a@b>\r\n " * 40_000 + b"\r\n\r\nx\r\n",
    "shifts": b"Content-Type: text/plain; charset=iso-2022-jp\r\n\r\n" + b"\x1b$B" * 200_000 + b"\r\n",
    "one line": b"x" * 3_000_000 + b"\r\n",
    "only a header": b"X: " + b"y" * 3_000_000 + b"\r\n",
}


class Hostile(HostileTest):
    settings = {"imapd.error_limit": "10000", "auth.failure_delay": "200ms", "guard.failure_delay": "0"}

    def selected(self, user):
        imap = self.imap(user)
        self.addCleanup(imap.close)
        self.assertTrue(imap.command("SELECT INBOX")[0].startswith("OK"))
        return imap

    def deliver(self, user, *contents):
        with Smtp(self.instance.address("smtp")) as smtp:
            smtp.command("EHLO client.example.org")
            for content in contents:
                self.assertEqual(smtp.transaction("a@example.org", [user.address], content)[0], 250)

    def check_goes_on(self, imap, what):
        self.assertEqual(imap.command("NOOP")[0], "OK NOOP completed", what)

    def test_before_login_everything_else_is_refused_and_the_connection_goes_on(self):
        imap = self.imap(listener="imap")
        self.addCleanup(imap.close)
        for command in ["SELECT INBOX", "FETCH 1 FLAGS", "IDLE", "LIST \"\" *", "LOGIN a b", "LOGIN {1+}\r\na {1+}\r\nb",
                        "AUTHENTICATE PLAIN", "AUTHENTICATE PLAIN AGEAYg==", "AUTHENTICATE FOO", "CAPABILITY x", "STARTTLS x",
                        "NOOP " + "(" * 5_000, "LOGIN " + "(" * 100_000, b"\0\0", b"\xff\xfe", "", " ",
                        "LOGIN {99999999999999999999}",
                        "LOGIN {99999999999999999999+}", "LOGIN {10000}", "LOGIN {10000+}\r\n" + "x" * 10_000 + " b", "X" * 9_000,
                        "LOGIN {1+}\r\n\0 b", "APPEND INBOX {3+}\r\nabc", "LOGIN " + "{0+}\r\n " * 100, "GET / HTTP/1.1"]:
            self.assertRegex(imap.command(command)[0], "^(BAD|NO) ", command[:40])
            self.check_goes_on(imap, command[:40])

    def test_a_literal_of_four_gigabytes_is_not_waited_for_in_memory(self):
        before = self.resident("imapd")
        with self.imap(listener="imap") as imap:
            imap.send("a LOGIN {4294967295+}\r\n")
            imap.send(b"x" * 20_000_000)
            self.check_growth("imapd", before, 4_000)
        with self.imap(listener="imap") as imap:
            imap.send("a LOGIN {4294967295}\r\n")
            self.assertRegex(imap.line(), rb"^a BAD ")
            self.check_goes_on(imap, "the refused literal is not sent")

    def test_bytes_behind_starttls_are_discarded(self):
        imap = self.imap(listener="imap")
        self.addCleanup(imap.close)
        imap.send("a STARTTLS\r\nb LOGOUT\r\nc NOOP\r\n")
        self.assertRegex(imap.line(), rb"^a OK ")
        imap.start_tls(self.instance.certificate)
        self.assertEqual(imap.command("NOOP"), ("OK NOOP completed", []))
        self.assertNotIn(b"STARTTLS", imap.command("CAPABILITY")[1][0])
        self.assertRegex(imap.command("STARTTLS")[0], "^BAD ")

    def test_what_is_over_a_bound_gets_bad_and_the_connection_goes_on(self):
        alice = self.instance.user("alice")
        self.deliver(alice, b"Subject: one\r\n\r\nx\r\n")
        imap = self.selected(alice)
        for command in [
                "NOOP " + "(" * 60_000, "NOOP " + "(" * 70_000, "NOOP " + "{1+}\r\na " * 20_000, "NOOP " + "{0+}\r\n " * 501,
                "SEARCH " + "(" * 40 + "ALL" + ")" * 40, "SEARCH " + "(" * 30_000, "SEARCH " + "NOT " * 15_000 + "ALL",
                "SEARCH " + "OR " * 5_000 + "ALL " * 5_001, "SEARCH " + "ALL " * 10_000, "SEARCH LARGER 99999999999999999999",
                "SEARCH BEFORE 99-Foo-2000", 'SEARCH HEADER "\r" x', "SEARCH CHARSET UTF-8 TEXT {3+}\r\n\xff\xfe\xfd",
                "SEARCH TEXT {300000+}\r\n" + "x" * 300_000, "FETCH " + "(" * 60_000, "FETCH 1 (" + "FLAGS " * 1_000 + ")",
                "FETCH 1 BODY[" + "1." * 20_000 + "1]", "FETCH 1 BODY[HEADER.FIELDS (" + "a " * 20_000 + ")]",
                "FETCH " + "1:*," * 10_001 + "1 FLAGS", "FETCH 0 FLAGS", "FETCH 1:4294967295 FLAGS", "FETCH 4294967296 FLAGS",
                "FETCH " + "9" * 1_000 + " FLAGS", "FETCH 1 BODY[]<0.0>", "FETCH 1 BODY[]<-1.1>", "FETCH 1 BODY[]<99999999999999999999.1>",
                "FETCH 1 BODY[0]", "FETCH 1 BODY[99999999999]", "FETCH 1 (BODY[]", "FETCH 1 BODY[", "STORE 1 FLAGS \\Foo",
                "STORE 1 +FLAGS (\\Recent)", "STORE 1 +FLAGS (" + "k" * 300 + ")", "STORE 1 +FLAGS (a]b)",
                "STORE 1 +FLAGS (" + " ".join(f"k{n}" for n in range(700)) + ")", "STATUS INBOX (" + "MESSAGES " * 500 + ")",
                "STATUS INBOX ()", 'LIST "" ' + "%" * 5_000, "ID (" + '"a" "b" ' * 31 + ")", "ENABLE " + "x " * 1_000,
                "UID", "UID NOOP", "UID UID FETCH 1 FLAGS", "LOGIN a b", "STARTTLS", "+ x", "* OK", "a" * 100 + " NOOP",
                b"NOOP\0", b"N\xffOP", "DONE"]:
            data = command if isinstance(command, bytes) else command.encode("latin-1")
            self.assertRegex(imap.command(data)[0], "^BAD ", command[:60])
            self.check_goes_on(imap, command[:60])
        for command in ["SEARCH " + "(" * 20 + "ALL" + ")" * 20, "SEARCH " + "ALL " * 499 + "ALL", "UID FETCH 4294967295:1 UID",
                        "FETCH " + ",".join("1" for _ in range(10_000)) + " FLAGS", "FETCH 1 BODY.PEEK[]<4294967295.4294967295>",
                        "FETCH 1 BODY.PEEK[" + "1." * 99 + "1]", "SEARCH " + "TEXT {1+}\r\nq " * 490 + "ALL",
                        'LIST "" "' + "%*" * 490 + '"', 'LIST "" "' + "*a" * 490 + '"', 'LIST "../" "*"']:
            self.assertRegex(imap.command(command)[0], "^OK ", command[:60])

    def test_mailbox_names_lead_nowhere_else(self):
        alice = self.instance.user("alice")
        imap = self.selected(alice)
        root = self.instance.maildir(alice).parents[1]
        for name in NAMES_REFUSED:
            for command in ("CREATE", "SELECT", "DELETE", "SUBSCRIBE", "RENAME INBOX", "RENAME Sent"):
                reply = imap.command(f"{command} {name}".encode("latin-1"))[0]
                self.assertRegex(reply, "^(NO|BAD) ", f"{command} {name[:40]}")
        for name in NAMES_TAKEN:
            self.assertRegex(imap.command(f"CREATE {name}")[0], "^OK ", name)
            self.assertRegex(imap.command(f"DELETE {name}")[0], "^OK ", name)
        self.check_goes_on(imap, "names")
        self.assertEqual([path.name for path in root.iterdir()], [alice.address.partition("@")[2]])
        self.assertLessEqual({path.name for path in (root / alice.address.partition("@")[2]).iterdir()}, {"alice", "bob"})

    def test_a_message_whose_size_is_a_lie_is_not_stored(self):
        alice = self.instance.user("alice")
        before = messages(self.instance, alice)
        for announced, sent in (("{1000000+}", b"Subject: x\r\n\r\nhalf"), ("{1000000+}", b"x" * 900_000), ("{10+}", b"")):
            imap = self.imap(alice)
            imap.send(f"a APPEND INBOX {announced}\r\n".encode() + sent)
            imap.socket.shutdown(socket.SHUT_RDWR)
            imap.close()
        imap = self.imap(alice)
        self.addCleanup(imap.close)
        for command in ("APPEND INBOX {3+}\r\nabcdef", "APPEND INBOX {3+}\r\na\0b", "APPEND INBOX {0+}\r\n",
                        "APPEND INBOX {99999999999}",
                        "APPEND INBOX {3+}\r\nabc {3+}\r\na\0c", "APPEND INBOX {3+}\r\nabc {3+}\r\nabcd", 'APPEND INBOX "99-Foo-2000 00:00:00 +0000" {3+}\r\nabc',
                        "APPEND .. {3+}\r\nabc", "APPEND Nowhere {3+}\r\nabc", "APPEND INBOX ~{3+}\r\na\0c"):
            self.assertRegex(imap.command(command)[0], "^(NO|BAD) ", command)
            self.check_goes_on(imap, command)
        self.assertEqual(messages(self.instance, alice), before)
        eventually(lambda: not self.leftovers(alice), "what was begun is removed")

    def test_bombs_are_delivered_and_looked_at(self):
        alice = self.instance.user("alice")
        self.deliver(alice, *BOMBS.values())
        imap = self.selected(alice)
        _, found = imap.command("SEARCH ALL")
        first = len(found[0].split()) - 2 - len(BOMBS) + 1
        before = self.resident("imapd")
        for number, (name, content) in enumerate(BOMBS.items(), first):
            for command in (f"FETCH {number} BODYSTRUCTURE", f"FETCH {number} (ENVELOPE BODY)", f"SEARCH {number} TEXT zzz",
                            f"SEARCH {number} HEADER To zzz", f"SEARCH {number} SENTBEFORE 1-Jan-2000",
                            f"FETCH {number} BODY.PEEK[HEADER.FIELDS (Subject To Content-Type)]",
                            f"FETCH {number} BODY.PEEK[{'1.' * 70}1]"):
                status, responses = imap.command(command)
                self.assertRegex(status, "^OK ", f"{name}: {command}")
                self.assertEqual(len(responses), 1, f"{name}: {command}")
            self.assertTrue(literal_of(imap.command(f"FETCH {number} BODY.PEEK[]")[1][0]).endswith(content), name)
        self.check_growth("imapd", before, 200_000)

    def test_who_never_reads_costs_no_memory(self):
        alice = self.instance.user("alice")
        self.deliver(alice, b"Subject: large\r\n\r\n" + (b"x" * 70 + b"\r\n") * 280_000)
        imap = self.selected(alice)
        before = self.resident("imapd")
        readers = [self.selected(alice) for _ in range(10)]
        for reader in readers:
            reader.send("x FETCH * BODY.PEEK[]\r\n" * 20)
        # The daemon works on while they don't read.
        self.check_normal_clients()
        self.check_growth("imapd", before, 10 * 1_024)
        # Who then reads gets all of it.
        status, responses = readers[0].result(b"x")
        self.assertTrue(status.startswith("OK"), status)
        self.assertGreater(len(literal_of(responses[0])), 20_000_000)

    def test_who_asks_for_much_of_large_messages_leaves_time_for_others(self):
        alice = self.instance.user("alice")
        self.deliver(alice, b"Subject: large\r\n\r\n" + (b"x" * 70 + b"\r\n") * 140_000)
        bob = self.instance.user("bob")
        self.deliver(bob, b"Subject: small\r\n\r\nsmall\r\n")
        quick = self.selected(bob)
        busy = [self.selected(alice) for _ in range(8)]  # as many as imapd has threads
        for imap in busy[:4]:
            imap.send("x SEARCH * " + "NOT TEXT {2+}\r\nzq " * 12 + "ALL\r\n")
        for imap in busy[4:]:
            imap.send("x FETCH * (" + "BODY.PEEK[]<9000000.1> BODY.PEEK[]<0.1> " * 30 + "UID)\r\n")
        # In one go, so that only the server's order counts, not how soon this client gets the processor.
        quick.send("a FETCH 1 BODY.PEEK[]\r\nb SEARCH TEXT small\r\nc FETCH 1 BODYSTRUCTURE\r\n")
        for tag in (b"a", b"b", b"c"):
            self.assertRegex(quick.result(tag)[0], "^OK ")
        # The others take several times as many turns, and none has ended: this client was served in between.
        self.assertEqual(select.select([imap.socket for imap in busy], [], [], 0)[0], [])
        self.check_normal_clients()
        for imap in busy:
            imap.socket.settimeout(60)
            self.assertRegex(imap.result(b"x")[0], "^OK ")

    def test_five_hundred_silent_connections_cost_little(self):
        for listener in ("imap", "imaps"):
            self.check_cost_of_strangers("imapd", listener, b"", connections=250, greets=listener == "imap")
        for sent in (b"a " + b"x" * 7_000, b"a LOGIN {8000+}\r\n" + b"x" * 7_990, b"x" * 200_000, b"a NOOP\r\n" * 20_000,
                     b"a LOGIN {4000+}\r\n" + b"x" * 4_000 + b" {4000+}\r\n" + b"y" * 3_990):
            self.check_cost_of_strangers("imapd", "imap", sent)

    def test_user_names_cannot_forge_log_lines(self):
        imap = self.imap()
        self.addCleanup(imap.close)
        for command in (b'LOGIN "a\\" user=\\"root" x', b"LOGIN \"\x1b[31m\" x", b'LOGIN "\xc2\x85\xe2\x80\xa8\xff" x',
                        b"LOGIN {8+}\r\na\nforged x", b'ID ("name" "\x1b[2Jx")',
                        b"AUTHENTICATE PLAIN AHUKZm9yZ2VkIGxpbmUAcHc=", b"AUTHENTICATE PLAIN AHUJdXNlcj1hAHB3"):
            self.assertRegex(imap.command(command)[0], "^(OK ID|NO|BAD) ?", command)
        log = (self.instance.folder / "log" / "posthouse.log").read_bytes()
        self.assertEqual([byte for byte in set(log) if (byte < 32 or byte > 126) and byte != 10], [])
        for line in log.splitlines():
            self.assertRegex(line, rb"^\d{4}-\d\d-\d\dT[\d:.]+Z \w+\[\d+\]: \w+: ")

    def test_who_exists_is_not_told(self):
        alice = self.instance.user("alice")
        replies = set()
        for name in (alice.address, "nobody@posthouse.example", "alice@remote.example", "a/../b@posthouse.example", "x" * 300):
            with self.imap() as imap:
                status, untagged = imap.command(f'LOGIN "{name}" "wrong"')
                self.assertEqual(untagged, [])
                replies.add(status)
        self.assertEqual(replies, {"NO [AUTHENTICATIONFAILED] Authentication failed"})


class Slow(HostileTest):
    settings = {"imapd.login_timeout": "2s"}

    def check_normal_clients(self):
        """The time-outs of this instance are not for normal clients on a busy machine."""

    def test_who_does_not_log_in_in_time_is_told_and_closed(self):
        address = self.instance.address("imap")
        clients = [Imap(address) for _ in range(4)]
        for client, sent in zip(clients, (b"", b"a NO", b"a LOGIN {10+}\r\nabc", b"a LOGIN {100000+}\r\nabc")):
            client.send(sent)
        dripping = Imap(address)

        def drip_until_closed():
            try:
                dripping.socket.settimeout(0.1)
                dripping.send("a NOOP\r\n")
                while True:
                    if not dripping.socket.recv(1000):
                        return True
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        eventually(drip_until_closed, "commands now and then do not keep a connection without a log-in")
        for client in clients:
            self.assertRegex(ends(client.socket), rb"\* BYE ")
            client.close()
        dripping.close()


if __name__ == "__main__":
    main()
