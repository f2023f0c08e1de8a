"""The story of a message: `posthouse trace` finds it by whatever is known of it and tells it in order and in words, also
live, also while historyd is away, and once each event only, however often historyd is killed."""

import json
import os
import signal
import subprocess

from mail_wire import Smtp
from posthouse_test import BIN, SystemTest, eventually, main

CONTENT = b"Message-ID: <%s>\r\nSubject: story\r\n\r\nText\r\n"


class History(SystemTest):
    settings = {"general.restart_delay": "10ms", "general.restart_delay_limit": "100ms"}

    def setUp(self):
        self.alice = self.instance.user("alice")

    def smtp(self):
        client = Smtp(self.instance.address("smtp"))
        self.addCleanup(client.close)
        self.assertEqual(client.command("EHLO client.example.org")[0], 250)
        return client

    def send(self, message_id, client=None, sender="sender@example.com"):
        """Sends a message to Alice; its id."""
        code, text = (client or self.smtp()).transaction(sender, [self.alice.address], CONTENT % message_id.encode())
        self.assertEqual(code, 250, text)
        return text.split("id ")[-1].strip()

    def trace(self, *words):
        """What the command prints, once it has found something."""
        return eventually(lambda: self.instance.posthouse("trace", *words).stdout, f"trace {words}")

    def stories(self, *words):
        return json.loads(self.trace("--json", *words))

    def events(self, *words):
        return [event for story in self.stories(*words) for event in story["events"]]

    def metrics(self):
        path = self.instance.folder / "run" / "control" / "historyd-1.sock"
        got = subprocess.run(["curl", "-s", "--unix-socket", path, "http://x/metrics"], capture_output=True, text=True)
        return got.stdout

    def indexed(self):
        """Everything that was told is in the index."""
        return "posthouse_history_waiting_bytes{daemon=\"historyd\"} 0" in self.metrics()

    def test_a_message_is_found_by_id_address_and_message_id(self):
        identifier = self.send("found.1@client.example.org", sender="found@example.com")
        eventually(lambda: {"accept", "delivery"} <= {event["event"] for event in self.events(identifier)}, "both daemons have told")
        for term in (identifier, "found@example.com", "<found.1@client.example.org>", "found.1@client.example.org"):
            story, = self.stories(term)
            self.assertEqual(story["id"], identifier)
            kinds = [event["event"] for event in story["events"]]
            self.assertEqual(sorted(kinds), ["accept", "connect", "delivery"], term)
            self.assertEqual(kinds[0], "connect")
            delivery = next(event for event in story["events"] if event["event"] == "delivery")
            self.assertEqual((delivery["account"], delivery["mailbox"]), (self.alice.address, "INBOX"))
            self.assertTrue(list(self.instance.maildir(self.alice).glob(f"*/{delivery['file']}*")), delivery)
            accept = next(event for event in story["events"] if event["event"] == "accept")
            self.assertEqual(accept["message_id"], "found.1@client.example.org")
            self.assertTrue(accept["reply"].startswith("250 2.0.0 "), accept)
        self.assertIn(identifier, [story["id"] for story in self.stories(self.alice.address)])
        self.assertIn(identifier, [story["id"] for story in self.stories("127.0.0.1", "--result", "delivered")])
        text = self.trace(identifier)
        self.assertIn(f"{identifier}  from <found@example.com> to <{self.alice.address}>\n", text)
        self.assertIn("Message-ID found.1@client.example.org", text)

    def test_a_refused_recipient_is_found_with_what_the_client_was_told(self):
        client = self.smtp()
        client.command("MAIL FROM:<refused@example.com>")
        code, told = client.command("RCPT TO:<nobody@posthouse.example>")
        self.assertEqual(code, 550)
        for term in ("nobody@posthouse.example", "refused@example.com"):
            self.assertIn("refused RCPT from <refused@example.com> for <nobody@posthouse.example>; told: 550 " + told, self.trace(term))
        self.assertIn("nobody@posthouse.example", self.trace("--result", "refused", "--since", "1h"))
        self.assertEqual(client.command("RCPT TO:<x@elsewhere.example>")[0] // 100, 5)
        self.assertIn("told: 55", self.trace("x@elsewhere.example"))

    def test_what_is_not_known_has_the_exit_code_for_that(self):
        self.send("known@client.example.org")
        missing = self.instance.posthouse("trace", "never@seen.example")
        self.assertEqual((missing.returncode, missing.stdout), (3, ""), missing.stderr)
        self.assertEqual(self.instance.posthouse("trace", "joe").returncode, 2)

    def test_following_shows_the_next_message_as_it_comes(self):
        follower = subprocess.Popen([BIN / "posthouse", "--config", self.instance.config, "--json", "trace", "followed@example.com", "--follow"],
                                    stdout=subprocess.PIPE, text=True, env={**os.environ, **self.instance.environment()})
        self.addCleanup(follower.wait)
        self.addCleanup(follower.stdout.close)
        self.addCleanup(follower.kill)
        # Whether it reads along already can't be seen from outside: messages come until it has told of one.
        os.set_blocking(follower.stdout.fileno(), False)
        client, told, sent = self.smtp(), [], []

        def tells():
            sent.append(self.send(f"followed.{len(sent)}@client.example.org", client, "followed@example.com"))
            self.send(f"other.{len(sent)}@client.example.org", client, "other@example.com")
            for line in follower.stdout.readlines():
                told.append(json.loads(line))
            return {"accept", "delivery"} <= {event["event"] for event in told}

        eventually(tells, "an event is told")
        # A message that came before it looked back has its connection's event too.
        self.assertLessEqual({event["id"] for event in told if event["event"] != "connect"}, set(sent))
        self.assertIsNone(follower.poll())

    def test_while_historyd_is_away_everything_is_found_and_then_once(self):
        identifier = self.send("before@client.example.org", sender="away@example.com")
        eventually(self.indexed, "the first is indexed")
        pids = self.instance.pids("historyd")
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            second = self.send("meanwhile@client.example.org", sender="away@example.com")
            eventually(lambda: [story["id"] for story in self.stories("away@example.com")] == [identifier, second]
                       and len(self.events(second)) == 3, "also what is not indexed")
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
        eventually(lambda: self.instance.pids("historyd") not in ([], pids) and self.instance.is_ready(), "historyd is back")
        eventually(self.indexed, "it goes on")
        self.assertEqual(len(self.events(second)), 3)
        self.assertEqual(len(self.events(identifier)), 3)

    def test_killed_again_and_again_it_neither_loses_nor_repeats_an_event(self):
        client, sent = self.smtp(), []
        for round_number in range(10):
            before = self.instance.pids("historyd")
            for number in range(20):
                sent.append(self.send(f"killed.{round_number}.{number}@client.example.org", client, "killed@example.com"))
            self.instance.kill("historyd")
            eventually(lambda: self.instance.pids("historyd") not in ([], before), "historyd is back")
        eventually(lambda: len(self.events("killed@example.com", "--limit", "1000")) == len(sent) * 3, "all events, each once")
        stories = self.stories("killed@example.com", "--limit", "1000")
        # In order of time; those of one millisecond in any.
        begun = [story["events"][0]["time"] for story in stories]
        self.assertEqual(begun, sorted(begun))
        self.assertEqual(sorted(story["id"] for story in stories), sorted(sent))


class WithoutHistory(SystemTest):
    settings = {"history.enabled": "false"}

    def test_nothing_is_told_when_it_is_switched_off(self):
        alice = self.instance.user("alice")
        client = Smtp(self.instance.address("smtp"))
        self.addCleanup(client.close)
        client.command("EHLO client.example.org")
        code, text = client.transaction("sender@example.com", [alice.address], CONTENT % b"off@client.example.org")
        self.assertEqual(code, 250, text)
        self.instance.stop()  # what waits is written before a daemon ends
        self.assertEqual(list((self.instance.folder / "state" / "history" / "incoming").iterdir()), [])


if __name__ == "__main__":
    main()
