"""Guessing at passwords, as attackers, users and administrators meet it: who is refused and who is not, in the words of
each protocol, by hand and for failures, after kill -9, and what fail2ban reads in the log."""
# labels: clients

import base64
import json
import os
import signal
import socket
import struct

from mail_wire import Imap, Pop3, Smtp, Wire
from posthouse_test import SOURCE, SystemTest, User, eventually, main, run

IMAP_BUSY = "NO [UNAVAILABLE]"
IMAP_WRONG = "NO [AUTHENTICATIONFAILED]"


def text(file):
    try:
        return file.read_text()
    except FileNotFoundError:
        return ""


class Guarded:
    """Loopback addresses are clients like others, each a network of its own."""

    settings = {"tls.allow_plain_login": "true", "auth.failure_delay": "0", "guard.failure_delay": "0ms",
                "guard.trusted_networks": "127.0.9.9", "guard.network_ban_failures": "8",
                "guard.account_ban_failures": "4", "general.restart_delay": "10ms"}
    last_address = 0

    def setUp(self):
        self.alice, self.bob = self.instance.user("alice"), self.instance.user("bob")

    def new_address(self):
        Guarded.last_address += 1
        return f"127.0.1.{Guarded.last_address}"

    def imap(self, source, user):
        """The answer to LOGIN, or the greeting when that is all."""
        with Imap(self.instance.address("imap"), source=source) as session:
            if not session.greeting.startswith(b"* OK"):
                return session.greeting.decode()
            return session.login(user)

    def pop3(self, source, user):
        with Pop3(self.instance.address("pop3"), source=source) as session:
            if not session.greeting.startswith(b"+OK"):
                return session.greeting.decode()
            session.command(f"USER {user.address}")
            return session.command(f"PASS {user.password}")

    def submission(self, source, user):
        with Smtp(self.instance.address("submissions"), tls=True, certificate=self.instance.certificate,
                  source=source) as session:
            if session.greeting[0] != 220:
                return session.greeting
            session.command("EHLO client.example.org")
            return self.auth(session, user)

    def auth(self, session, user):
        response = base64.b64encode(f"\0{user.address}\0{user.password}".encode()).decode()
        return session.command(f"AUTH PLAIN {response}")

    def guess(self, source, address, times=1):
        for number in range(times):
            self.assertTrue(self.imap(source, User(address, f"wrong{number}")).startswith(IMAP_WRONG))

    def sasl_guess(self, session, name):
        """As guess(), on an IMAP session, with any name."""
        session.send("a AUTHENTICATE PLAIN\r\n")
        self.assertTrue(session.line().startswith(b"+"))
        session.send(base64.b64encode(f"\0{name}\0wrong".encode()) + b"\r\n")
        self.assertTrue(session.line().startswith(b"a NO"))

    def bans(self, *arguments):
        done = self.instance.posthouse("--json", "auth", "bans", *arguments)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        return json.loads(done.stdout)

    def subjects(self):
        return {(ban["network"], ban["account"]) for ban in self.bans("list")}


class Guarding(Guarded, SystemTest):
    def test_an_attacker_is_refused_in_every_protocol_and_the_user_from_nowhere_else(self):
        attacker, elsewhere = self.new_address(), self.new_address()
        self.guess(attacker, self.alice.address, 4)
        self.assertIn((attacker, self.alice.address), self.subjects())
        self.assertTrue(self.imap(attacker, self.alice).startswith(IMAP_BUSY), "the right password is not looked at")
        self.assertTrue(self.pop3(attacker, self.alice).startswith("-ERR [SYS/TEMP]"))
        self.assertEqual(self.submission(attacker, self.alice)[0], 454)
        for log_in in (self.imap, self.pop3, self.submission):
            self.assertIn(str(log_in(elsewhere, self.alice))[:2], ("OK", "+O", "(2"))
        self.assertTrue(self.imap(attacker, self.bob).startswith("OK"), "a forgetful user's colleague")
        self.assertEqual(self.bans("lift", attacker)["lifted"], 1)
        self.assertTrue(self.imap(attacker, self.alice).startswith("OK"))

    def test_a_network_that_guesses_is_kept_out_but_for_who_is_known_there_and_for_mail(self):
        office, attacker = self.new_address(), self.new_address()
        self.assertTrue(self.imap(office, self.bob).startswith("OK"))
        for network in (office, attacker):
            for number in range(8):
                self.guess(network, f"nobody{number}@posthouse.example")
            self.assertIn((network, ""), self.subjects())
        self.assertTrue(self.imap(office, self.bob).startswith("OK"), "known there")
        self.assertTrue(self.imap(office, self.alice).startswith(IMAP_BUSY))
        self.assertTrue(self.imap(attacker, self.alice).startswith("* BYE"))
        self.assertTrue(self.pop3(attacker, self.alice).startswith("-ERR"))
        self.assertEqual(self.submission(attacker, self.alice)[0], 421)
        with Smtp(self.instance.address("smtp"), source=attacker) as session:
            self.assertEqual(session.greeting[0], 220, "its mail to us is welcome")
        self.assertEqual(self.bans("lift", attacker)["lifted"], 1)
        self.assertTrue(self.imap(attacker, self.alice).startswith("OK"))

    def test_an_administrator_bans_lists_and_lifts(self):
        client = self.new_address()
        network = client.rpartition(".")[0] + ".0/24"
        self.assertEqual(self.bans("add", client, "--for", "1h", "--reason", "scanner")["seconds"], 3600)
        self.assertTrue(self.imap(client, self.alice).startswith("* BYE"))
        ban = next(ban for ban in self.bans("list") if ban["network"] == client)
        self.assertEqual((ban["by"], ban["reason"], ban["until"] - ban["since"]), ("hand", "scanner", 3600))
        shown = self.instance.posthouse("auth", "bans", "list").stdout
        self.assertRegex(shown, rf"(?m)^{client} +any +\S+ \S+ +\S+ \S+ +hand +scanner$")
        self.bans("lift", client)
        self.assertTrue(self.imap(client, self.alice).startswith("OK"))

        self.bans("add", "--account", self.bob.address.upper())
        self.assertTrue(self.imap(client, self.bob).startswith(IMAP_BUSY))
        self.assertTrue(self.imap(client, self.alice).startswith("OK"))
        self.bans("lift", "--account", self.bob.address)
        banned = self.instance.posthouse("auth", "bans", "add", "--account", "nobody@posthouse.example")
        self.assertEqual((banned.returncode, banned.stderr), (0, "Note: there is no user nobody@posthouse.example\n"))
        self.bans("lift", "--account", "nobody@posthouse.example")
        self.assertTrue(self.imap(client, self.bob).startswith("OK"))

        self.bans("add", network)
        self.assertIsNone(next(ban for ban in self.bans("list") if ban["network"] == network)["until"])
        self.bans("lift", network)

    def test_what_cannot_be_done_is_said(self):
        for arguments, code in ((("add",), 2), (("add", "nowhere"), 2), (("add", "192.0.2.1/33"), 2),
                                (("add", "192.0.2.1", "--for", "soon"), 2), (("lift", "192.0.2.254"), 3),
                                (("add", "192.0.2.1", "--reason", "x" * 201), 2)):
            done = self.instance.posthouse("auth", "bans", *arguments)
            self.assertEqual(done.returncode, code, done.stderr)

    def test_while_guardd_hangs_the_command_line_says_so_and_log_ins_go_on(self):
        client = self.new_address()
        self.bans("add", client)
        pids = self.instance.pids("guardd")
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            self.assertTrue(self.imap(client, self.alice).startswith("OK"), "bans don't hold, log-ins do")
            self.assertEqual(self.instance.posthouse("auth", "bans", "list").returncode, 5)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        eventually(lambda: self.imap(client, self.alice).startswith("* BYE"), "guardd is asked again")
        self.bans("lift", client)

    def test_fail2ban_reads_each_failure_and_is_not_fooled(self):
        client, other = self.new_address(), self.new_address()
        forged = f'x log-in failed remote={self.new_address()} service=imap reason="wrong password" user=y@example.org'
        names = ["joe@example.org", forged, f'"{forged}', f"a\t{forged}", f"@{forged}", "ü@example.org"]
        with Imap(self.instance.address("imap"), source=client) as session:
            for name in names:
                self.sasl_guess(session, name)
        self.assertTrue(self.imap(other, self.alice).startswith("OK"))
        log = self.instance.folder / "log" / "posthouse.log"
        found = run("fail2ban-regex", "-o", "<ip>", log, SOURCE / "packaging/fail2ban/filter.d/posthouse.conf")
        self.assertEqual(found.returncode, 0, found.stderr)
        addresses = found.stdout.split()
        self.assertEqual(addresses.count(client), len(names))
        self.assertNotIn(other, addresses)
        self.assertNotIn(f"127.0.1.{Guarded.last_address}", addresses, "forged")


class Origins(Guarded, SystemTest):
    """A webmail and a filter at 127.0.5.0/24, a proxy at 127.0.6.1."""

    settings = {**Guarded.settings, "listen.origin_trusted_networks": "127.0.5.0/24",
                "listen.proxy_protocol": "pop3,submissions", "listen.proxy_trusted_networks": "127.0.6.1"}
    webmail, proxy = "127.0.5.1", "127.0.6.1"
    last_client = 0

    def new_client(self):
        Origins.last_client += 1
        return f"192.0.2.{Origins.last_client}"

    def by_webmail(self, client, user, source=webmail, field="x-originating-ip", more=""):
        with Imap(self.instance.address("imap"), source=source) as session:
            self.assertTrue(session.command(f'ID ("name" "Webmail" "{field}" "{client}"{more})')[0].startswith("OK"))
            return session.login(user)

    def by_xclient(self, client, user, source=webmail):
        with Smtp(self.instance.address("submission"), source=source) as session:
            self.assertIn("XCLIENT NAME ADDR PORT", session.command("EHLO webmail.example.org")[1])
            self.assertEqual(session.command("STARTTLS")[0], 220)
            session.start_tls(self.instance.certificate)
            session.command("EHLO webmail.example.org")
            self.assertEqual(session.command(f"XCLIENT ADDR={client} PORT=40000")[0], 220)
            session.command("EHLO webmail.example.org")
            return self.auth(session, user)

    def by_pop3_xclient(self, client, user, source=webmail):
        with Pop3(self.instance.address("pop3s"), tls=True, certificate=self.instance.certificate, source=source) as session:
            status = session.command(f"XCLIENT ADDR={client} PORT=40000")
            if not status.startswith("+OK"):
                return status
            session.command(f"USER {user.address}")
            return session.command(f"PASS {user.password}")

    def by_proxy(self, header, user):
        with Wire(self.instance.address("pop3"), source=self.proxy) as session:
            session.send(header)
            greeting = session.line().decode()
            if not greeting.startswith("+OK"):
                return greeting
            session.send(f"USER {user.address}\r\nPASS {user.password}\r\n")
            session.line()
            return session.line().decode()

    def test_who_guesses_through_the_webmail_is_banned_and_the_webmail_is_not(self):
        attacker, colleague = self.new_client(), self.new_client()
        for number in range(8):
            guess = User(f"nobody{number}@posthouse.example", "wrong")
            self.assertTrue(self.by_webmail(attacker, guess, field="X-Originating-IP").startswith(IMAP_WRONG))
        self.assertEqual(self.subjects(), {(attacker, "")})
        self.assertTrue(self.by_webmail(attacker, self.alice).startswith(IMAP_BUSY))
        self.assertTrue(self.by_webmail(attacker, self.alice, more=' "x-originating-port" "40000"').startswith(IMAP_BUSY))
        self.assertTrue(self.by_webmail(colleague, self.alice).startswith("OK"))
        self.assertTrue(self.imap(attacker.replace("192.0.2", "127.0.7"), self.alice).startswith("OK"))
        self.bans("lift", attacker)
        self.assertRegex(self.instance.log(), f"log-in failed remote={attacker} service=imap ")

    def test_from_others_an_origin_is_not_believed(self):
        liar, victim = self.new_address(), self.new_client()
        for number in range(8):
            self.by_webmail(victim, User(f"nobody{number}@posthouse.example", "wrong"), source=liar)
        self.assertEqual(self.subjects(), {(liar, "")})
        self.bans("lift", liar)

    def test_what_is_no_address_counts_for_the_webmail(self):
        for client in ("", "unknown", "192.0.2.256", "192.0.2.1 ", "IPV6:192.0.2.1", "x" * 500):
            self.by_webmail(client, User("nobody@posthouse.example", "wrong"))
        self.assertEqual(self.subjects(), {(self.webmail, "nobody@posthouse.example")})
        self.bans("lift", self.webmail)

    def test_xclient_tells_it_in_smtp(self):
        attacker, colleague = self.new_client(), self.new_client()
        for _ in range(4):
            self.assertEqual(self.by_xclient(attacker, User(self.alice.address, "wrong"))[0], 535)
        self.assertEqual(self.subjects(), {(attacker, self.alice.address)})
        self.assertEqual(self.by_xclient(attacker, self.alice)[0], 454)
        self.assertEqual(self.by_xclient(colleague, self.alice)[0], 235)
        self.bans("lift", attacker)
        for _ in range(4):
            self.by_xclient("IPV6:2001:db8:9::77", User(self.alice.address, "wrong"))
        self.assertEqual(self.subjects(), {("2001:db8:9::/64", self.alice.address)})
        self.bans("lift", "2001:db8:9::1")

    def test_xclient_tells_it_in_pop3(self):
        attacker, colleague = self.new_client(), self.new_client()
        for _ in range(4):
            self.assertTrue(self.by_pop3_xclient(attacker, User(self.alice.address, "wrong")).startswith("-ERR [AUTH]"))
        self.assertEqual(self.subjects(), {(attacker, self.alice.address)})
        self.assertTrue(self.by_pop3_xclient(attacker, self.alice).startswith("-ERR [SYS/TEMP]"))
        self.assertTrue(self.by_pop3_xclient(colleague, self.alice).startswith("+OK"))
        self.bans("lift", attacker)
        self.assertTrue(self.by_pop3_xclient(colleague, self.alice, source=self.new_address()).startswith("-ERR"))

    def test_xclient_is_for_trusted_hosts_in_its_place_with_attributes_that_are_known(self):
        with Smtp(self.instance.address("smtp"), source=self.new_address()) as session:
            self.assertNotIn("XCLIENT", session.command("EHLO client.example.org")[1])
            self.assertEqual(session.command("XCLIENT ADDR=192.0.2.1")[0], 550)
        with Smtp(self.instance.address("smtp"), source=self.webmail) as session:
            session.command("EHLO filter.example.org")
            for wrong in ("LOGIN=alice@posthouse.example", "ADDR=nowhere", "ADDR=192.0.2.1 PORT=65536", "ADDR=IPV6:192.0.2.1",
                          "ADDR=192.0.2.1+00", "DESTADDR=x", "ADDR", ""):
                self.assertEqual(session.command(f"XCLIENT {wrong}")[0], 501, wrong)
            self.assertEqual(session.command("XCLIENT ADDR=[UNAVAILABLE] NAME=[TEMPUNAVAIL]")[0], 220)
            self.assertEqual(session.command("MAIL FROM:<a@example.org>")[0], 503, "EHLO is due again")
            self.assertEqual(session.command("XCLIENT ADDR=198.51.100.77 NAME=a.example.org HELO=a PROTO=ESMTP")[0], 220)
            session.command("EHLO filter.example.org")
            self.assertEqual(session.command("MAIL FROM:<a@example.org>")[0], 250)
            self.assertEqual(session.command("XCLIENT ADDR=198.51.100.78")[0], 503)
            session.command("RSET")
            reply = session.transaction("a@example.org", [self.alice.address], b"Subject: filtered\r\n\r\nx\r\n")
            self.assertEqual(reply[0], 250)
        folder = self.instance.maildir(self.alice) / "new"
        eventually(lambda: any(b"[198.51.100.77]" in file.read_bytes() for file in folder.iterdir()),
                   "the Received line names who the filter acted for")

    def test_a_proxy_tells_it_by_the_proxy_protocol(self):
        def version_1(client):
            return f"PROXY TCP4 {client} 192.0.2.250 40000 110\r\n".encode()

        def version_2(client):
            addresses = socket.inet_aton(client) + socket.inet_aton("192.0.2.250") + struct.pack("!HH", 40000, 110)
            return b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack("!H", len(addresses)) + addresses

        for header in (version_1, version_2):
            attacker, colleague = self.new_client(), self.new_client()
            for _ in range(4):
                answer = self.by_proxy(header(attacker), User(self.alice.address, "wrong"))
                self.assertTrue(answer.startswith("-ERR [AUTH]"), answer)
            self.assertEqual(self.subjects(), {(attacker, self.alice.address)})
            self.assertTrue(self.by_proxy(header(attacker), self.alice).startswith("-ERR [SYS/TEMP]"))
            self.assertTrue(self.by_proxy(header(colleague), self.alice).startswith("+OK"))
            self.bans("lift", attacker)
            self.bans("add", attacker)
            self.assertTrue(self.by_proxy(header(attacker), self.alice).startswith("-ERR"), "at the door")
            self.bans("lift", attacker)


class Json(Guarded, SystemTest):
    settings = {**Guarded.settings, "log.format": "json"}

    def test_fail2ban_reads_the_log_for_programs_too(self):
        client = self.new_address()
        with Imap(self.instance.address("imap"), source=client) as session:
            for _ in range(3):
                self.sasl_guess(session, 'x","message":"log-in failed","remote":"127.0.1.250","service":"imap')
        log = self.instance.folder / "log" / "posthouse.log"
        found = run("fail2ban-regex", "-o", "<ip>", log, SOURCE / "packaging/fail2ban/filter.d/posthouse.conf")
        self.assertEqual(found.stdout.split(), [client] * 3, found.stderr)


class Killed(Guarded, SystemTest):
    rounds = 10

    def test_guardd_killed_again_and_again_forgets_no_ban(self):
        wanted = set()
        for number in range(self.rounds):
            attacker = self.new_address()
            self.bans("add", f"192.0.2.{number}")
            self.guess(attacker, self.alice.address, 4)
            wanted |= {(f"192.0.2.{number}", ""), (attacker, self.alice.address)}
            journal = self.instance.folder / "state" / "guard.journal"
            snapshot = self.instance.folder / "state" / "guard.json"
            ban = f'"account":"{self.alice.address}","by_hand":false,"network":"{attacker}"'
            eventually(lambda: any(ban in text(file) for file in (journal, snapshot)), "the ban for failures is written")
            before = self.instance.pids("guardd")
            self.instance.kill("guardd")
            eventually(lambda: self.instance.is_ready() and self.instance.pids("guardd") != before, "guardd is back")
            self.assertLessEqual(wanted, self.subjects())
            eventually(lambda: self.imap(attacker, self.alice).startswith(IMAP_BUSY), "authd asks guardd again")

    def test_everything_killed_at_once_forgets_no_ban_either(self):
        client = self.new_address()
        self.bans("add", client, "--reason", "by hand")
        self.instance.kill_everything()
        self.instance.start()
        self.assertIn((client, ""), self.subjects())
        self.assertTrue(self.imap(client, self.alice).startswith("* BYE"))


if __name__ == "__main__":
    main()
