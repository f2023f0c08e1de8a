"""A hostile SMTP client: smuggling, relaying, lines over their bounds, bytes behind STARTTLS, slowness, forged log lines.
After each attack every daemon is the process it was, and normal clients work."""

import base64
import re
import socket
import ssl

from hostile import HostileTest, ends, messages, send_what_is_taken, tls_handshake
from mail_wire import Smtp, dot_stuffed
from posthouse_test import eventually, main

HELLO = "EHLO client.example.org"
CLIENT_HELLO = b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03"  # the begin of one
SECOND = b"MAIL FROM:<evil@example.org>\r\nRCPT TO:<%s>\r\nDATA\r\nSubject: smuggled\r\n\r\nx\r\n.\r\n"
NOT_THE_END = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n", b"\n.\r", b"\r.\n", b"\r\r\n.\r\r\n",
               b"\r\n.\r\r\n", b"\n\n.\n\n", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\n\r.\n\r", b"\r\n. \r\n", b"\r\n..\r\n",
               b"\r\n.\x85\r\n", b"\r\n.\xe2\x80\xa8", b"\x0b.\x0b", b"\r\n.\t\r\n", b"\r\n.\x0c\r\n"]


def bodies(messages):
    """The part behind the trace fields and header of each message, with CRLF line ends."""
    return [re.sub(rb"\r?\n", b"\r\n", content).partition(b"\r\n\r\n")[2] for content in messages.values()]


class Hostile(HostileTest):
    settings = {"smtpd.error_limit": "10000"}

    def smtp(self, listener="smtp", hello=True):
        smtp = Smtp(self.instance.address(listener))
        self.addCleanup(smtp.close)
        if hello:
            self.assertEqual(smtp.command(HELLO)[0], 250)
        return smtp

    def start_data(self, smtp, user):
        for command, code in (("MAIL FROM:<a@example.org>", 250), (f"RCPT TO:<{user.address}>", 250), ("DATA", 354)):
            self.assertEqual(smtp.command(command)[0], code)

    def test_only_crlf_dot_crlf_ends_the_data(self):
        self.check_that_nothing_is_smuggled(self.instance)

    def test_nothing_is_smuggled_either_when_bare_line_ends_and_nul_are_kept(self):
        self.check_that_nothing_is_smuggled(self.start_instance(
            {"smtpd.bare_lf": "normalize", "smtpd.bare_cr": "keep", "smtpd.nul": "keep"}))

    def check_that_nothing_is_smuggled(self, instance):
        alice, bob = instance.user("alice"), instance.user("bob")
        second = SECOND % bob.address.encode()
        bob_before = len(messages(instance, bob))
        with Smtp(instance.address("smtp")) as smtp:
            self.assertEqual(smtp.command(HELLO)[0], 250)
            for end in NOT_THE_END:
                before = messages(instance, alice)
                self.start_data(smtp, alice)
                smtp.send(b"Subject: one\r\n\r\nbody" + end + second)
                code, text = smtp.reply()
                self.assertIn(code, (250, 550), f"{end!r}: {text}")
                # One reply to one message: what comes next is the reply to NOOP.
                self.assertEqual(smtp.command("NOOP"), (250, "2.0.0 Ok"), end)
                after = messages(instance, alice)
                arrived = {name: content for name, content in after.items() if name not in before}
                self.assertEqual(len(arrived), 1 if code == 250 else 0, end)
                for body in bodies(arrived):
                    self.assertIn(b"Subject: smuggled", body, end)
                    self.assertIn(b"MAIL FROM:<evil@example.org>", body, end)
        self.assertEqual(len(messages(instance, bob)), bob_before)

    def test_the_end_of_data_is_seen_wherever_the_packets_are_cut(self):
        alice = self.instance.user("alice")
        content = b"Subject: cut\r\n\r\n..two\r\n.one\r\n.\r\nlast\r\n"
        wire = dot_stuffed(content) + b".\r\nNOOP\r\n"
        smtp = self.smtp()
        for cut in range(1, len(wire)):
            before = self.messages(alice)
            self.start_data(smtp, alice)
            smtp.send(wire[:cut])
            smtp.send(wire[cut:])
            self.assertEqual(smtp.reply()[0], 250, cut)
            self.assertEqual(smtp.reply(), (250, "2.0.0 Ok"), cut)
            arrived = {name: text for name, text in self.messages(alice).items() if name not in before}
            self.assertEqual(bodies(arrived), [content.partition(b"\r\n\r\n")[2]], cut)

    def test_a_message_that_breaks_off_is_not_delivered(self):
        alice = self.instance.user("alice")
        before = self.messages(alice)
        for content in (b"Subject: half\r\n\r\nx", b"Subject: half\r\n\r\nx\r\n.", b"Subject: half\r\n\r\n" + b"x" * 1_000_000):
            smtp = self.smtp()
            self.start_data(smtp, alice)
            smtp.send(content)
            smtp.socket.shutdown(socket.SHUT_WR)
            ends(smtp.socket)
        self.assertEqual(self.messages(alice), before)
        self.assertEqual(self.leftovers(alice), [])

    def test_nothing_is_relayed(self):
        alice = self.instance.user("alice")
        domain = alice.address.partition("@")[2]
        remote = "remote.example"
        refused = [
            f"user@{remote}", f"USER@{remote.upper()}", f"user@{remote}.", f"user%{remote}@{domain}",
            f"user%{remote}%b@{domain}", f'"user%{remote}"@{domain}', f'"user@{remote}"@{domain}',
            f"user@{remote}@{domain}", f"user@{domain}@{remote}", f"@{remote}:user@{domain}",
            f"@{domain}:user@{remote}", f"@{domain},@b.example:alice@{remote}", f"@{domain}:@{domain}:user@{remote}",
            f"{remote}!user", f"{remote}!user@{domain}", f"user@{domain}!{remote}", f"user@[127.0.0.1]",
            "user@[IPv6:::1]", "user@[203.0.113.9]", "user@127.0.0.1", "user@0x7f000001", "user@2130706433",
            f"alice@[{domain}]", "alice@localhost", f"alice@sub.{domain}", f"alice@{domain}.", f"alice@{domain}.{remote}",
            f"alice@{domain}\\@{remote}", f"alice@{domain}({remote})", f"<user@{remote}>", f"alice@{domain}>,<user@{remote}",
            f"alice@{domain} <user@{remote}>", f"user@{remote}\0@{domain}", f"user@{remote}\n@{domain}",
            f"user@{remote}\r@{domain}", f" user@{remote}", f"user @{remote}", f"user:{remote}@{domain}", "alice@*",
            f"postmaster@{remote}", "/etc/passwd", "|/bin/sh", f'"|/bin/sh"@{domain}', f":include:/etc/passwd@{domain}",
            f"../../x@{domain}", f'"../bob"@{domain}', f'"a/b"@{domain}', f'".."@{domain}', f'"."@{domain}',
            f"alice@../{domain}", f"alice@{domain}/../{domain}", f'"alice+../../x"@{domain}', f'"a\nb"@{domain}',
            f'"a\0b"@{domain}', "", "alice", "user@", "@", f"@{remote}", f"%@{domain}", f"*@{domain}",
            f"'or'1'='1@{domain}", f'"\'; DROP TABLE virtual_users; --"@{domain}', "a" * 65 + f"@{domain}",
            "a@" + "b" * 64 + ".example", "a@" + "b." * 200 + "example"]
        local = [alice.address, alice.address.upper(), f'"alice"@{domain}', f'"al\\ice"@{domain}', "postmaster",
                 "POSTMASTER", f"Postmaster@{domain}", f"@{remote}:{alice.address}"]
        smtp = self.smtp()
        self.assertEqual(smtp.command("MAIL FROM:<a@example.org>")[0], 250)
        for recipient in refused:
            code, text = smtp.command(f"RCPT TO:<{recipient}>")
            self.assertIn(code, range(500, 600), f"{recipient!r}: {code} {text}")
            if "\n" in recipient:  # two lines to the server, the second of which is no command
                self.assertIn(smtp.reply()[0], range(500, 600), recipient)
        # As if none had been named.
        self.assertIn(smtp.command("DATA")[0], (503, 554))
        for recipient in local:
            self.assertEqual(smtp.command(f"RCPT TO:<{recipient}>")[0], 250, recipient)
        folders = {path.name for path in self.instance.maildir(alice).parent.glob("*")}
        self.assertLessEqual(folders, {"alice", "bob"})

    def test_submission_takes_nothing_without_a_log_in_and_no_password_without_tls(self):
        alice = self.instance.user("alice")
        refused = range(500, 600)
        with Smtp(self.instance.address("submissions"), tls=True, certificate=self.instance.certificate) as smtp:
            smtp.command(HELLO)
            self.assertIn(smtp.command(f"MAIL FROM:<{alice.address}>")[0], refused)
            self.assertEqual(smtp.command("AUTH PLAIN !!!")[0], 501)
            self.assertIn(smtp.command("AUTH PLAIN " + "A" * 20_000)[0], refused)
            self.assertEqual(smtp.command("AUTH LOGIN")[0], 334)
            self.assertEqual(smtp.command("*")[0], 501)
            self.assertIn(smtp.command(f"RCPT TO:<{alice.address}>")[0], refused)
            plain = base64.b64encode(f"\0{alice.address}\0{alice.password}".encode()).decode()
            self.assertEqual(smtp.command("AUTH PLAIN " + plain)[0], 235)
            self.assertEqual(smtp.command("AUTH PLAIN " + plain)[0], 503)
            self.assertEqual(smtp.command(f"MAIL FROM:<{alice.address}>")[0], 250)
            self.assertNotEqual(smtp.command("RCPT TO:<user@remote.example@posthouse.example>")[0], 250)
        with Smtp(self.instance.address("submission")) as plain:
            plain.command(HELLO)
            self.assertIn(plain.command("AUTH PLAIN AGEAYg==")[0], refused)
            self.assertIn(plain.command(f"MAIL FROM:<{alice.address}>")[0], refused)

    def test_commands_out_of_order_and_over_their_bounds_get_an_error_and_the_connection_goes_on(self):
        smtp = self.smtp(hello=False)
        wrong = ["MAIL FROM:<a@example.org>", "RCPT TO:<alice@example.org>", "DATA", "DATA x", "BDAT 0", "EHLO", "EHLO a b",
                 "EHLO \x01", "EHLO " + "x" * 300, "HELO", "STARTTLS x", "AUTH PLAIN", "XFORWARD IDENT=1", "XCLIENT ADDR=1.1.1.1",
                 "", "   ", "\0", "NOOP\0", b"\xff\xfe", b"NO\xc3\x96P", "GET / HTTP/1.1", "ETRN x", "TURN", "QUIT x"]
        wrong += [b"NOOP " + b"x" * (size - 5) for size in (511, 512, 1000, 65_000, 66_000, 1_000_000)]
        for command in wrong:
            self.assertIn(smtp.command(command)[0], range(500, 600), command[:40])
            self.assertEqual(smtp.command("NOOP")[0], 250, command[:40])
        self.assertEqual(smtp.command(HELLO)[0], 250)
        for parameters in ("SIZE=99999999999999999999", "SIZE=-1", "SIZE", "SIZE=1 SIZE=2", "BODY=FOO", "=", "A=B " * 60,
                           "FOO" * 100, "X=\x01", "AUTH=<> RET=FULL"):
            self.assertIn(smtp.command("MAIL FROM:<a@example.org> " + parameters)[0], range(500, 600), parameters[:40])
        self.assertEqual(smtp.command("MAIL FROM:<a@example.org> SIZE=99999999999")[0], 552)
        self.assertEqual(smtp.command("MAIL FROM:<a@example.org>")[0], 250)
        self.assertEqual(smtp.command("MAIL FROM:<b@example.org>")[0], 503)
        self.assertIn(smtp.command("DATA")[0], (503, 554))

    def test_senders_and_recipients_of_every_form(self):
        """What is taken has one spelling in the message; what isn't leaves the session as it was."""
        bob = self.instance.user("bob")
        domain = bob.address.partition("@")[2]
        label = "b" * 63
        longest = f"{label}.{label}.{label}." + "c" * 61  # with "a@", 255 octets: RFC 5321 leaves 254 in a path
        senders = {
            "": None, "a@b.example": None, "A.b@C.Example": "A.b@c.example", "!#$%&'*+-/=?^_`{|}~@b.example": None,
            '"a b"@b.example': None, '"a@b"@b.example': None, '"a>b"@b.example': None, '"a\\"b\\\\c"@b.example': None,
            '"a\\b"@b.example': "ab@b.example", '"ab"@b.example': "ab@b.example", '".."@b.example': None,
            "@r.example,@s.example:a@b.example": "a@b.example",
            "a@[192.0.2.1]": None, "a@[IPv6:2001:DB8:0::1]": "a@[IPv6:2001:db8::1]", "a" * 64 + "@b.example": None,
            "a@" + longest[:252]: None, "a@xn--bcher-kva.example": None, "SRS0=" + "x" * 80 + "=b.example=a@c.example": None,
        }
        refused = [
            "a", "a@", "@b.example", "@", "a@b@c", "a b@c.example", "a..b@c.example", ".a@c.example", "a.@c.example", '"a@c.example',
            '""@c.example', '"a"b@c.example', "a@-b.example", "a@b_.example-", "a@.example", "a@b..example", "a@b.example.", "a@[1.2.3]",
            "a@[256.1.1.1]", "a@[IPv6:1::2::3]", "a@[IPv6:1.2.3.4]", "a@[::1]", "a@[]", "a@[", "a" * 65 + "@b.example",
            "a@" + longest, "a@b" + label + ".example", "a@" + "b." * 200 + "example", "<a@b.example>", "a@b.example> <c@d.example",
            "@r.example:", "@r.example,:a@b.example", "a\0b@c.example",
            "a\tb@c.example", "a(c)@b.example", "jürgen@b.example", "a@bücher.example", b"a\xff@b.example", " ", "\u202ea@b.example"]
        internationalized = {"jürgen@bücher.example": None, '"j ü"@b.example': None, "世界@例え.example": None, "ü" * 32 + "@b.example": None}
        wrong_utf8 = [b"j\xff@b.example", b"j\xc0\xaf@b.example", b"j\xed\xa0\x80@b.example", b"j\xf4\x90\x80\x80@b.example",
                      "ü" * 33 + "@b.example", b"a@b\xff.example"]
        smtp = self.smtp()
        for parameters, good, bad in (("", senders, refused), (" SMTPUTF8", internationalized, wrong_utf8)):
            for sender in bad:
                path = b"<" + (sender if isinstance(sender, bytes) else sender.encode()) + b">"
                self.assertIn(smtp.command(b"MAIL FROM:" + path + parameters.encode())[0], range(500, 600), sender)
                self.assertEqual(smtp.command("MAIL FROM:<>" + parameters)[0], 250)
                self.assertIn(smtp.command(b"RCPT TO:" + path)[0], range(500, 600), sender)
                self.assertEqual(smtp.command("RSET")[0], 250)
            for number, (sender, spelled) in enumerate(good.items()):
                self.assertEqual(smtp.command(f"MAIL FROM:<{sender}>{parameters}")[0], 250, sender)
                self.assertEqual(smtp.command(f"RCPT TO:<{bob.address}>")[0], 250)
                self.assertEqual(smtp.command("DATA")[0], 354)
                smtp.send(f"Subject: sender {len(parameters)} {number}\r\n\r\n.\r\n")
                self.assertEqual(smtp.reply()[0], 250)
                subject = f"\nSubject: sender {len(parameters)} {number}\n".encode()
                arrived = [content for content in self.messages(bob).values() if subject in content]
                self.assertEqual(len(arrived), 1, sender)
                self.assertTrue(arrived[0].startswith(f"Return-Path: <{sender if spelled is None else spelled}>\n".encode()), arrived[0][:300])
        for command in ("MAIL FROM:a@b.example", "MAIL FROM: a@b.example", "MAIL a@b.example", "MAIL FROM:", "MAIL FROM:<a@b.example",
                        "MAIL FROM:a@b.example>", "MAIL TO:<a@b.example>", "MAIL FROM:<a@b.example>x", "RCPT FROM:<a@b.example>", "RCPT TO:<>"):
            self.assertIn(smtp.command(command)[0], range(500, 600), command)
        self.assertEqual(smtp.command("MAIL FROM:<>")[0], 250)
        for recipient in ("", f"alice@{domain}, bob@{domain}", f"alice bob@{domain}"):
            self.assertIn(smtp.command(f"RCPT TO:<{recipient}>")[0], range(500, 600), recipient)

    def test_more_recipients_and_more_octets_than_allowed_are_refused(self):
        small = self.start_instance({"smtpd.recipient_limit": "100", "smtpd.message_size_limit": "64K"})
        alice = small.user("alice")
        with Smtp(small.address("smtp")) as smtp:
            smtp.command(HELLO)
            smtp.command("MAIL FROM:<a@example.org>")
            codes = [smtp.command(f"RCPT TO:<alice+{number}@{alice.address.partition('@')[2]}>")[0] for number in range(102)]
            self.assertEqual(codes, [250] * 100 + [452] * 2)
            smtp.command("RSET")
            before = messages(small, alice)
            large = b"Subject: x\r\n\r\n" + b"x" * 100_000 + b"\r\n"
            self.assertEqual(smtp.transaction("a@example.org", [alice.address], large)[0], 552)
            self.assertEqual(messages(small, alice), before)
            self.assertEqual(smtp.command("NOOP")[0], 250)

    def test_bytes_behind_starttls_are_discarded(self):
        for listener in ("smtp", "submission"):
            smtp = self.smtp(listener)
            smtp.send("STARTTLS\r\nEHLO evil.example\r\nMAIL FROM:<evil@example.org>\r\n")
            self.assertEqual(smtp.reply()[0], 220)
            smtp.start_tls(self.instance.certificate)
            self.assertEqual(smtp.command("MAIL FROM:<a@example.org>")[0] // 100, 5, "EHLO from before TLS does not count")
            self.assertEqual(smtp.command("NOOP"), (250, "2.0.0 Ok"))
            code, text = smtp.command(HELLO)
            self.assertEqual(code, 250)
            self.assertNotIn("STARTTLS", text)
            self.assertEqual(smtp.command("STARTTLS")[0], 503)

    def test_old_tls_and_no_tls_where_it_is_due_are_refused(self):
        for listener in ("submissions", "imaps", "pop3s"):
            address = self.instance.address(listener)
            self.assertIsInstance(tls_handshake(address, ssl.TLSVersion.TLSv1), (ssl.SSLError, OSError), listener)
            self.assertIsInstance(tls_handshake(address, ssl.TLSVersion.TLSv1_1), (ssl.SSLError, OSError), listener)
            self.assertEqual(tls_handshake(address, ssl.TLSVersion.TLSv1_2), "TLSv1.2")
            self.assertEqual(tls_handshake(address), "TLSv1.3")
            for garbage in (b"EHLO x\r\n", b"\0" * 100, b"\x16\x03\x01\xff\xff" + b"a" * 70_000, b"\x80\x2e\x01\0\x02" * 20):
                with socket.create_connection(address, timeout=60) as client:
                    send_what_is_taken(client, garbage)
                    client.settimeout(60)
                    self.assertNotIn(b"220 ", ends(client))

    def test_log_lines_cannot_be_forged(self):
        alice = self.instance.user("alice")
        domain = alice.address.partition("@")[2]
        smtp = self.smtp(hello=False)
        smtp.command(b"EHLO evil\x1b[31m")
        smtp.command(b"EHLO a\xc2\x85b")
        smtp.command(HELLO)
        smtp.command(b'MAIL FROM:<"a\x1b[31m\x7f"@example.org>')
        smtp.command('MAIL FROM:<"a\\" user=\\"root"@example.org>')
        smtp.command(f'RCPT TO:<"x\\" reply=\\"250 Ok"@{domain}>')
        smtp.command(b"RCPT TO:<a\nforged: info: accepted>")
        smtp.reply()
        smtp.command(f"RCPT TO:<{alice.address}>")
        self.assertEqual(smtp.command("DATA")[0], 354)
        smtp.send(b"Subject: \x1b[2J\x07\r\n forged: info: x\r\nMessage-ID: <\x1b[31m@x>\r\nFrom: \x9b31m\r\n\r\n.\r\n")
        self.assertEqual(smtp.reply()[0], 250)
        eventually(lambda: 'user=\\\\\\"root' in self.instance.log(), "the sender is in the log, its quotes escaped")
        log = (self.instance.folder / "log" / "posthouse.log").read_bytes()
        self.assertEqual([byte for byte in set(log) if (byte < 32 or byte > 126) and byte != 10], [])
        for line in log.splitlines():
            self.assertRegex(line, rb"^\d{4}-\d\d-\d\dT[\d:.]+Z \w+\[\d+\]: \w+: ")

    def test_a_stranger_costs_little_memory(self):
        for sent in (b"EHLO " + b"x" * 7_000, b"x" * 200_000, b"HELP\r\n" * 20_000,
                     b"EHLO x\r\nMAIL FROM:<a@example.org>\r\n" + b"RCPT TO:<nobody@posthouse.example>\r\n" * 500):
            self.check_cost_of_strangers("smtpd", "smtp", sent)


class Slow(HostileTest):
    settings = {"smtpd.command_timeout": "2s", "smtpd.data_timeout": "2s"}

    def check_normal_clients(self):
        """The time-outs of this instance are not for normal clients on a busy machine."""
        with Smtp(self.instance.address("smtp")) as smtp:
            self.assertEqual(smtp.greeting[0], 220)

    def stages(self):
        """Where a client may stop: on which listener, after which commands, and what it sends behind their replies."""
        mail, rcpt = "MAIL FROM:<a@example.org>", f"RCPT TO:<{self.instance.user('alice').address}>"
        header = "Subject: x\r\n\r\n"
        return {
            "at the greeting": ("smtp", [], ""),
            "within a command": ("smtp", [], "EHLO cli"),
            "after EHLO": ("smtp", [HELLO], ""),
            "after MAIL": ("smtp", [HELLO, mail], ""),
            "after RCPT": ("smtp", [HELLO, mail, rcpt], ""),
            "after DATA": ("smtp", [HELLO, mail, rcpt, "DATA"], ""),
            "within the data": ("smtp", [HELLO, mail, rcpt, "DATA"], header + "ha"),
            "before the dot": ("smtp", [HELLO, mail, rcpt, "DATA"], header + "x\r\n"),
            "behind the dot": ("smtp", [HELLO, mail, rcpt, "DATA"], header + "x\r\n.\r"),
            "within a chunk": ("smtp", [HELLO, mail, rcpt], "BDAT 100 LAST\r\n" + header),
            "between chunks": ("smtp", [HELLO, mail, rcpt, "BDAT 6\r\na: b"], ""),
            "within a chunk that is refused": ("smtp", [HELLO], "BDAT 100 LAST\r\n" + header),
            "after a log-in's challenge": ("submissions", [HELLO, "AUTH PLAIN"], ""),
            "within a log-in's response": ("submissions", [HELLO, "AUTH PLAIN"], "AGFs"),
            "between two challenges": ("submissions", [HELLO, "AUTH LOGIN", "YWxpY2U="], ""),
            "before TLS begins": ("smtp", [HELLO, "STARTTLS"], ""),
            "within the hello of TLS": ("smtp", [HELLO, "STARTTLS"], CLIENT_HELLO),
        }

    def stop_at(self, listener, commands, rest):
        client = Smtp(self.instance.address(listener), tls=listener == "submissions", certificate=self.instance.certificate)
        self.addCleanup(client.close)
        for command in commands:
            self.assertIn(client.command(command)[0], (220, 250, 334, 354), command)
        client.send(rest)
        return client

    def test_whoever_stops_is_told_and_closed_wherever_that_is(self):
        alice = self.instance.user("alice")
        before = self.messages(alice)
        stopped = {what: self.stop_at(*stage) for what, stage in self.stages().items()}
        for listener, sent in (("submissions", b""), ("submissions", CLIENT_HELLO)):
            client = self.raw(listener)
            self.addCleanup(client.close)
            client.send(sent)
            stopped[f"on {listener}, with {len(sent)} octets of TLS"] = client
        for what, client in stopped.items():
            with self.subTest(what):
                said = ends(client.socket)
                if "TLS" in what:  # there is nobody who could hear it
                    self.assertNotIn(b"421", said)
                else:
                    self.assertRegex(said, rb"\A421 4\.4\.2 [^\r\n]*\r\n\Z")
        self.assertEqual(self.messages(alice), before)
        self.assertEqual(self.leftovers(alice), [])

    def test_a_byte_now_and_then_does_not_keep_a_connection(self):
        dripping = Smtp(self.instance.address("smtp"))
        self.addCleanup(dripping.close)

        def drip_until_closed():
            try:
                dripping.socket.settimeout(0.1)
                dripping.send("N")
                return not dripping.socket.recv(1) or True
            except TimeoutError:
                return False
            except ConnectionError:
                return True
        eventually(drip_until_closed, "the connection ends")

    def test_whoever_reads_no_replies_is_closed(self):
        deaf = socket.socket()
        self.addCleanup(deaf.close)
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        deaf.connect(self.instance.address("smtp"))
        deaf.settimeout(0.02)

        def is_closed():
            try:
                deaf.sendall(b"HELP\r\n" * 1000)
            except TimeoutError:
                return False
            except ConnectionError:
                return True
            return False
        eventually(is_closed, "the connection ends")


if __name__ == "__main__":
    main()
