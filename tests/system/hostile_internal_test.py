"""Hostile peers on the sockets between the daemons and on HTTP: lines and netstrings out of form, NUL, unknown requests,
names of paths, smuggled requests, slowness. Only the guilty connection ends; every daemon is the process it was."""

import base64
import re
import time

from hostile import HostileTest, ends, send_what_is_taken
from mail_wire import Smtp
from posthouse_test import eventually, main


def netstring(text):
    payload = text.encode("latin-1")
    return b"%d:%s," % (len(payload), payload)


def plain(number, user, password):
    response = base64.b64encode(f"\0{user}\0{password}".encode()).decode()
    return f"AUTH\t{number}\tPLAIN\tservice=imap\tnologin\tresp={response}\n"


class Sockets(HostileTest):
    settings = {"auth.failure_delay": "1s", "guard.failure_delay": "0"}

    def auth(self, listener="auth"):
        """A connection whose greeting was read."""
        wire = self.raw(listener)
        self.addCleanup(wire.close)
        while wire.line() not in (b"DONE", b""):
            pass
        return wire

    def check_closed(self, wire, sent):
        send_what_is_taken(wire.socket, sent, patience=5)
        wire.socket.settimeout(60)
        ends(wire.socket)
        wire.close()

    def test_nonsense_on_the_auth_sockets_ends_only_its_own_connection(self):
        alice = self.instance.user("alice")
        good = self.auth()
        for listener in ("auth", "login"):
            for sent in ("A" * 200_000, "AUTH\t1\tPLAIN\tresp=" + "A" * 200_000 + "\n", "AUTH\t1\0\n", "\t" * 5_000 + "\n",
                         "AUTH\tx\tPLAIN\n", "AUTH\t99999999999\tPLAIN\n", "AUTH\t1\t\n",
                         "VERSION\t2\t0\n", "CONT\tx\t=\n", "GET / HTTP/1.1\r\n\r\n\t\n" + "A" * 200_000):
                self.check_closed(self.auth(listener), sent.encode())
        good.send(plain(1, alice.address, alice.password))
        self.assertEqual(good.line(), f"OK\t1\tuser={alice.address}".encode())

    def test_unknown_requests_and_half_lines_are_passed_over(self):
        alice = self.instance.user("alice")
        wire = self.auth()
        wire.send("FUTURE\tthing\nCANCEL\t9\nCONT\t7\t=\nAUTH\t2\tX-NONE\tservice=x\nAUTH\t4\tPLAIN\tresp=!!!\n")
        self.assertEqual([wire.line()[:6] for _ in range(3)], [b"FAIL\t7", b"FAIL\t2", b"FAIL\t4"])
        line = plain(3, alice.address, alice.password)
        for at in range(0, len(line), 7):
            wire.send(line[at:at + 7])
        self.assertTrue(wire.line().startswith(b"OK\t3"))

    def test_who_is_silent_after_a_challenge_keeps_nobody_from_logging_in(self):
        alice = self.instance.user("alice")
        wire = self.auth()
        asked = 1_100
        wire.send("".join(f"AUTH\t{number}\tLOGIN\tservice=imap\n" for number in range(1, asked + 1)))
        replies = [wire.line() for _ in range(asked)]
        self.assertEqual(sum(1 for reply in replies if reply.startswith(b"CONT\t")), 1_000)
        wire.send(plain(5_000, alice.address, alice.password))
        self.assertTrue(wire.line().startswith(b"OK\t5000"))

    def test_many_log_ins_at_once_are_all_answered(self):
        wire = self.auth()
        asked = 2_000
        wire.send("".join(plain(number, f"u{number}@posthouse.example", "x") for number in range(1, asked + 1)))
        replies = {int(wire.line().split(b"\t")[1]) for _ in range(asked)}
        self.assertEqual(len(replies), asked)

    def test_a_failure_takes_half_a_tick_at_least_whoever_is_asked_about(self):
        # Answers come on a tick of one second of the monotonic clock. Who asks just before it must not learn from a quick
        # answer that no hash was computed, that is, that nobody has this name.
        wire = self.auth()
        for number, name in enumerate(("nobody@posthouse.example", "alice@posthouse.example", "no address"), 1):
            eventually(lambda: time.monotonic() % 1 > 0.9, "the tick is near")
            asked = time.monotonic()
            wire.send(plain(number, name, "wrong"))
            self.assertTrue(wire.line().startswith(b"FAIL\t%d" % number))
            self.assertGreaterEqual(time.monotonic() - asked, 0.5, name)

    def test_user_look_ups_lead_nowhere_else(self):
        names = ("../../bob@posthouse.example", "a/b@posthouse.example", "..@posthouse.example", "alice@..", "/etc/passwd",
                 "alice@posthouse.example/..", "bob", "alice@posthouse.example\x011")
        wire = self.raw("userdb")
        self.addCleanup(wire.close)
        self.assertTrue(wire.line().startswith(b"VERSION"))
        self.assertTrue(wire.line().startswith(b"SPID"))
        for number, name in enumerate(names, 1):
            wire.send(f"USER\t{number}\t{name}\tservice=x\n")
            reply = wire.line()
            self.assertEqual(reply, b"NOTFOUND\t%d" % number, name)
        wire.send("REQUEST\t77\t1\t1\tdeadbeef\n")
        self.assertEqual(wire.line(), b"NOTFOUND\t77")
        for sent in ("FOO\n", "USER\t1\t\n", "PASS\t1\tx\ty\n", "USER\t1\ta\0b\n",
                     "USER\t1\t" + "x" * 100_000 + "\n", "VERSION\t9\t9\n"):
            self.check_closed(self.raw("userdb"), sent.encode())

    def test_netstrings_out_of_form_end_their_connection(self):
        for sent in (b"-1:x,", b"007:x,", b"99999999999999999999:x", b"1000000:" + b"x" * 1000, b"3:abcd", b":,",
                     b" 1:x,",
                     b"GET / HTTP/1.0\r\n\r\n", b"\0"):
            self.check_closed(self.raw("socketmap"), sent)
        wire = self.raw("socketmap")
        self.addCleanup(wire.close)
        not_found = b"9:NOTFOUND ,"
        for request, reply in (("", b"32:PERM Request without map and key,"), ("foo bar", b"16:PERM No such map,"),
                               ("mailbox ../../x@posthouse.example", not_found),
                               ('mailbox "../x"@posthouse.example', not_found),
                               ("resolve a\0b@posthouse.example", not_found),
                               ("resolve a\nb@posthouse.example", not_found),
                               ("resolve ' OR 1=1 --@posthouse.example", not_found),
                               ("domain posthouse.example", b"20:OK posthouse.example,")):
            for octet in netstring(request):
                wire.send(bytes([octet]))
            self.assertEqual(wire.file.read(len(reply)), reply, request)

    def test_policy_requests_out_of_form_end_their_connection(self):
        for sent in (b"foo\n\n", b"a=b\n" * 100_000 + b"\n", b"\xff\xfe\n\n"):
            self.check_closed(self.raw("guard"), sent)
        wire = self.raw("guard")
        self.addCleanup(wire.close)
        for sent in (b"request=smtpd_access_policy\nprotocol_state=RCPT\n\n", b"request=a\0b\n\n",
                     b"request=" + b"x" * 1_000 + b"\n\n"):
            wire.send(sent)
            self.assertEqual(wire.line(), b"action=DUNNO")
            self.assertEqual(wire.line(), b"")

    def test_lmtp_delivers_only_to_users_and_only_what_ends(self):
        alice = self.instance.user("alice")
        with Smtp(self.instance.address("lmtp")) as lmtp:
            for wrong in ("EHLO x", "HELO x", "MAIL FROM:<a@example.org>", "DATA", "\0", "NOOP " + "x" * 100_000, b"\xff"):
                self.assertIn(lmtp.command(wrong)[0], range(500, 600), wrong[:20])
            self.assertEqual(lmtp.command("LHLO client.example.org")[0], 250)
            # An id is no path; a name is no header.
            for ident in ("..+2F..+2F..+2Fx", "../../x", "x" * 300, ":2,S", ""):
                self.assertIn(lmtp.command(f"XFORWARD IDENT={ident}")[0], (250, 501))
            self.assertEqual(lmtp.command("XFORWARD NAME=x+0D+0AX-Forged:+20yes")[0], 501)
            self.assertEqual(lmtp.command("XFORWARD IDENT=..+2F..+2Fx NAME=evil.example ADDR=192.0.2.1")[0], 250)
            self.assertEqual(lmtp.command("MAIL FROM:<a@example.org>")[0], 250)
            for name in ("../../x@posthouse.example", '"../bob"@posthouse.example', '"a/b"@posthouse.example',
                         "alice@remote.example", "alice@../posthouse.example", '".."@posthouse.example', "alice", "",
                         "alice@posthouse.example/../.."):
                self.assertIn(lmtp.command(f"RCPT TO:<{name}>")[0], range(500, 600), name)
            self.assertEqual(lmtp.command(f"RCPT TO:<{alice.address}>")[0], 250)
            before = self.messages(alice)
            self.assertEqual(lmtp.command("DATA")[0], 354)
            lmtp.send("Subject: one\r\n\r\nbody\n.\nMAIL FROM:<evil@example.org>\r\n.\r\r\n.\r\n")
            self.assertEqual(lmtp.reply()[0], 250)
            self.assertEqual(lmtp.command("NOOP")[0], 250)
            arrived = {name: text for name, text in self.messages(alice).items() if name not in before}
            self.assertEqual(len(arrived), 1)
            self.assertNotIn(b"X-Forged", *arrived.values())
            self.assertIn(b"MAIL FROM:<evil@example.org>", *arrived.values())
            self.assertEqual(lmtp.command("MAIL FROM:<a@example.org>")[0], 250)
            self.assertEqual(lmtp.command(f"RCPT TO:<{alice.address}>")[0], 250)
            self.assertEqual(lmtp.command("DATA")[0], 354)
            lmtp.send("Subject: two\r\n\r\nbroken off\r\n.")
        eventually(lambda: not self.leftovers(alice), "what was begun is removed")
        self.assertEqual(len(self.messages(alice)), len(before) + 1)
        folders = {path.name for path in self.instance.maildir(alice).parents[1].rglob("*") if path.is_dir()}
        self.assertNotIn("x", folders)


class Http(HostileTest):
    settings = {"bridge.timeout": "2s"}

    def ask(self, request):
        """The status codes of all answers until the server closes, or this client has said everything."""
        with self.raw("http") as wire:
            send_what_is_taken(wire.socket, request if isinstance(request, bytes) else request.encode("latin-1"), patience=5)
            wire.socket.settimeout(60)
            answers = ends(wire.socket)
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]

    def test_paths_lead_nowhere(self):
        for path in ("/../../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/etc/passwd", "//etc/passwd", "/health/../x",
                     "/health%00", "/ready/../control/imapd-1.sock", "/\xff", "*", "health", "/health\\..\\"):
            self.assertEqual(self.ask(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), [404], path)
        self.assertEqual(self.ask("GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), [200])

    def test_headers_over_their_bounds_and_malformed_ones_are_refused(self):
        head = "GET /health HTTP/1.1\r\nHost: x\r\n"
        for request, status in ((f"GET /{'a' * 100_000} HTTP/1.1\r\nHost: x\r\n\r\n", 431),
                                (head + f"X: {'y' * 1_000_000}\r\n\r\n", 431),
                                (head + "X: y\r\n" * 100_000 + "\r\n", 431), ("F" * 100_000 + " / HTTP/1.1\r\n\r\n", 431),
                                (head + "X: \0\r\n\r\n", 400), (head + "X: a\rContent-Length: 5\r\n\r\n", 400),
                                ("GET /health\r\n\r\n", 400), ("GET /health?a b HTTP/1.1\r\n\r\n", 400),
                                ("GET /health HTTP/9.9\r\n\r\n", 400), (head + "Host: y\r\n\r\n", 400),
                                (head + "Content-Length: 1000000000\r\n\r\n", 413), ("EHLO x\r\nMAIL FROM:<a@b>\r\n", 400),
                                (b"\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03" + b"x" * 500, 400)):
            self.assertEqual(self.ask(request), [status], request[:60])

    def test_a_request_inside_a_body_is_not_answered(self):
        inside = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
        for framing in ("Content-Length: 6\r\nTransfer-Encoding: chunked",
                        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
                        "Transfer-Encoding: xchunked", "Transfer-Encoding : chunked", "Transfer-Encoding: identity",
                        "Content-Length: 0\r\nContent-Length: 30", "Content-Length: -1", "Content-Length: +5",
                        "Content-Length: 0x10", "Content-Length: 99999999999999999999", "Transfer-Encoding:\x0bchunked"):
            statuses = self.ask(f"POST /health HTTP/1.1\r\nHost: x\r\n{framing}\r\n\r\n0\r\n\r\n{inside}")
            self.assertEqual(statuses, [400], framing)
        chunk = "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n"
        self.assertEqual(self.ask("POST / HTTP/1.1\r\nHost: x\r\n" + chunk + inside), [400])

    def test_who_is_slow_is_closed(self):
        wires = [self.raw("http") for _ in range(4)]
        half_body = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab"
        for wire, sent in zip(wires, ("", "GET /he", "GET /health HTTP/1.1\r\nX: ", half_body)):
            wire.send(sent)
        dripping = self.raw("http")

        def drip_until_closed():
            try:
                dripping.socket.settimeout(0.1)
                dripping.send("X")
                while dripping.socket.recv(1000):
                    pass
                return True
            except TimeoutError:
                return False
            except ConnectionError:
                return True

        eventually(drip_until_closed, "a byte now and then does not keep a connection")
        for wire in wires:
            ends(wire.socket)
            wire.close()
        dripping.close()

    def test_a_stranger_costs_little_memory(self):
        for sent in (b"", b"GET / HTTP/1.1\r\nX: " + b"y" * 7_000, b"GET / HTTP/1.1\r\nX: " + b"y" * 1_000_000,
                     b"POST / HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n" + b"y" * 1_000_000):
            before = self.resident("bridged")
            wires = [self.raw("http") for _ in range(60)]
            for wire in wires:
                send_what_is_taken(wire.socket, sent)
            self.check_growth("bridged", before, 60 * 80)
            for wire in wires:
                wire.close()


if __name__ == "__main__":
    main()
