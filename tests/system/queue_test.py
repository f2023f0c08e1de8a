"""The queue as an administrator sees it: mail for elsewhere goes to a sink of Debian's Postfix, or waits, is held, flushed,
returned, deleted, looked up again; mail for here waits while lmtpd is away."""

import email
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

from mail_transfer import UNPACKED  # noqa: E402
from posthouse_test import eventually, main, port_is_free  # noqa: E402
from queue_tests import QueueTest  # noqa: E402

POSTFIX = UNPACKED / "postfix" / "usr"
SINK = POSTFIX / "sbin" / "smtp-sink"


class Sink:
    """smtp-sink on a port; each message becomes a file. `options` make it refuse: -r COMMANDS for now, -f COMMANDS for good."""

    def __init__(self, port, *options):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="sink-"))
        self.folder.chmod(0o777)
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen([SINK, *user, "-d", self.folder / "%Y%m%d%H%M%S.", *options, f"127.0.0.1:{port}", "100"],
                                        env={**os.environ, "LD_LIBRARY_PATH": f"{POSTFIX}/lib/postfix:{POSTFIX}/lib/x86_64-linux-gnu"})
        eventually(lambda: not port_is_free(port), "the sink listens")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        subprocess.run(["rm", "-rf", self.folder], check=True)

    def messages(self):
        """What was taken, with the envelope as X- fields."""
        return [text for text in (path.read_bytes() for path in sorted(self.folder.iterdir())) if text.rstrip(b"\n").endswith(b"end")]


@unittest.skipUnless(SINK.exists(), "needs Debian's postfix, unpacked by tests/run.sh")
class Queue(QueueTest):
    settings = {"queued.minimal_backoff_time": "10m", "queued.queue_run_delay": "1s", "smtpd.delivery_timeout": "1s",
                "outbound.connect_timeout": "2s"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bob = cls.instance.user("bob")
        cls.ports = iter(range(cls.instance.ports.base + 26, cls.instance.ports.base + 43))

    def setUp(self):
        """A destination of the test's own: whether it is thought dead is nobody else's doing."""
        self.port = next(self.ports)
        for domain in ("sink.example", "other.example"):
            self.instance.posthouse("transport", "remove", domain)
            added = self.instance.posthouse("transport", "add", domain, f"smtp:[127.0.0.1]:{self.port}")
            self.assertEqual(added.returncode, 0, added.stderr)

    def inbox(self, user, subject):
        """Messages with this in their subject."""
        found = []
        for part in ("new", "cur"):
            for path in (self.instance.maildir(user) / part).glob("*"):
                message = email.message_from_bytes(path.read_bytes())
                if subject in message["Subject"]:
                    found.append(message)
        return found

    def report(self, subject):
        """What alice is told of her message with this subject."""
        def found():
            return [one for one in self.inbox(self.alice, "x@sink.example") if f"Subject: {subject}" in one.as_string()]
        return eventually(found, "a report comes")[0]

    def story(self, message):
        return self.instance.posthouse("trace", message).stdout

    def test_mail_for_elsewhere_arrives_there(self):
        body = ".\n..two dots\n" + "x" * 990 + "\n"
        with Sink(self.port) as sink:
            message = self.send("to elsewhere", "x@sink.example", "y@other.example", body=body)
            text = eventually(sink.messages, "it arrives")[0].replace(b"\r\n", b"\n")
            self.assertIn(b"\n.\n..two dots\n" + b"x" * 990 + b"\nend", text)
            self.assertIn(f"id {message}".encode(), text)
            self.assertIn(b"<x@sink.example>", text)
            self.assertIn(b"<y@other.example>", text, "one next hop, one delivery")
            self.assertEqual(len(sink.messages()), 1)
            eventually(lambda: self.is_gone(message), "nothing of it is left")

    def test_what_is_refused_comes_back_with_the_servers_words(self):
        with Sink(self.port, "-f", "RCPT"):
            self.send("refused there", "x@sink.example")
            report = self.report("refused there")
        self.assertEqual(report.get_content_type(), "multipart/report")
        status = report.get_payload(1).as_string()
        self.assertRegex(status, r"Final-Recipient: rfc822; ?x@sink.example")
        self.assertRegex(status, r"Action: failed\n(.*\n)*Status: 5")
        self.assertIn("127.0.0.1", status)
        self.assertIn("Subject: refused there", report.get_payload(2).as_string())

    def test_what_is_put_off_says_why_and_a_flush_delivers_it(self):
        with Sink(self.port, "-r", "RCPT"):
            message = self.send("put off", "x@sink.example")
            waiting = self.waits(message)
        self.assertEqual(waiting["sender"], self.alice.address)
        self.assertEqual(waiting["user"], self.alice.address)
        self.assertTrue(waiting["recipients"][0]["status"].startswith("4."), waiting)
        self.assertIn("127.0.0.1", waiting["recipients"][0]["remote"])
        summary = self.queue("summary", "--by", "reason")
        self.assertEqual(summary["messages"], 1)
        with Sink(self.port) as sink:
            self.assertEqual(self.queue("flush", message)["messages"], 1)
            eventually(lambda: len(sink.messages()) == 1, "the flush delivers it")
        eventually(lambda: self.is_gone(message), "nothing of it is left")

    def test_nobody_listening_is_a_reason_too_and_filters_find_it(self):
        message = self.send("nobody there", "x@sink.example")
        waiting = self.waits(message)
        self.assertIn("refused", waiting["recipients"][0]["reply"].lower())
        for conditions, expected in ((("--reason", "REFUSED"), 1), (("--destination", "sink.example"), 1), (("--destination", "other.example"), 0),
                                     (("--sender", self.alice.address.split("@")[1]), 1), (("--sender", "<>"), 0),
                                     (("--recipient", "x@sink.example"), 1), (("--older-than", "1h"), 0), (("--newer-than", "1h"), 1),
                                     (("--state", "hold"), 0)):
            self.assertEqual(len(self.queue("list", *conditions)), expected, conditions)

    def test_what_is_not_tried_because_its_destination_is_dead_says_so(self):
        messages = [self.send(f"in vain {number}", "x@sink.example") for number in range(6)]

        def reason():
            waiting = {one["id"]: one["recipients"][0] for one in self.queue("list") if one["state"] == "deferred"}
            last = waiting.get(messages[-1])
            return len(waiting) == len(messages) and last["attempts"] == 0 and last["reply"]
        told = eventually(reason, "the last one isn't tried, and says why")
        self.assertRegex(told, rf"^smtp:\[127.0.0.1\]:{self.port} not reachable since 20.* UTC: .*refused$")
        self.assertIn("postponed", self.instance.posthouse("queue", "show", messages[-1]).stdout)
        with Sink(self.port) as sink:
            self.queue("flush", "--all")
            eventually(lambda: len(sink.messages()) == len(messages), "a flush delivers all of them")

    def test_a_held_message_rests_until_it_is_released(self):
        message = self.send("held", "x@sink.example")
        self.waits(message)
        self.assertEqual(self.queue("hold", message)["ids"], [message])
        self.assertEqual(self.queue("list", message)[0]["state"], "hold")
        with Sink(self.port) as sink:
            flushed = self.instance.posthouse("queue", "flush", message)
            self.assertIn("held: see `posthouse queue release`", flushed.stderr)
            self.assertEqual(flushed.returncode, 2)
            flushed = self.queue("flush", "--all")
            self.assertEqual((flushed["messages"], flushed["left"], flushed["errors"]), (0, [message], []))
            self.assertEqual(self.queue("list", message)[0]["state"], "hold")
            self.assertEqual(sink.messages(), [])
            self.assertEqual(self.queue("release", "--all")["messages"], 1)
            eventually(lambda: len(sink.messages()) == 1, "released, it goes")

    def silent(self):
        """A server that never greets: whoever is connected waits until it is closed."""
        listener = socket.create_server(("127.0.0.1", self.port))
        self.addCleanup(listener.close)
        return listener

    def tried(self, message):
        """The message, once an attempt hangs."""
        def found():
            document = self.queue("show", message)
            return document if document["trying"] and document["trying"][0]["stage"] == "greeting and TLS" else None
        return eventually(found, f"{message} is being tried")

    def test_a_message_that_is_being_tried_says_so_and_is_held_as_soon_as_that_ends(self):
        listener = self.silent()
        before = time.time()
        message = self.send("hanging", "x@sink.example")
        trying = self.tried(message)
        self.assertEqual(trying["recipients"][0]["state"], "being tried")
        attempt = trying["trying"][0]
        self.assertEqual(attempt["route"], f"smtp:[127.0.0.1]:{self.port}")
        self.assertIn("127.0.0.1", attempt["host"])
        self.assertTrue(before - 2 <= attempt["since"] <= time.time(), attempt)
        for command in (("list",), ("show", message)):
            shown = self.instance.posthouse("queue", *command).stdout
            self.assertRegex(shown, r"since 20.* at .*127\.0\.0\.1.* \(greeting and TLS\)")
            self.assertNotIn("not tried yet", shown)
        self.assertEqual(self.queue("summary", "--by", "reason")["groups"][0]["reason"], "being tried")

        shown = self.instance.posthouse("queue", "hold", message, "--because", "ask first")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertRegex(shown.stdout, message + r" is being tried since 20.* at .*127\.0\.0\.1.*; it is done as soon as that ends\nHeld 0 messages\.")
        self.assertEqual(self.queue("list", message)[0]["state"], "incoming")
        listener.close()
        held = eventually(lambda: [one for one in self.queue("list", message) if one["state"] == "hold"], "it is held")[0]
        self.assertEqual((held["held"], held["trying"], held["recipients"][0]["attempts"]), ("ask first", [], 1))
        eventually(lambda: "held: ask first" in self.story(message), "its story tells it")

    def test_a_message_that_is_being_tried_is_deleted_or_given_up_as_soon_as_that_ends(self):
        listener = self.silent()
        deleted, given_up = self.send("hanging, deleted", "x@sink.example"), self.send("hanging, given up", "x@sink.example")
        for message in (deleted, given_up):
            self.tried(message)
        self.assertEqual(self.queue("delete", deleted), {"messages": 0, "ids": [], "later": [deleted], "left": [], "errors": []})
        self.assertEqual(self.queue("bounce", given_up)["later"], [given_up])
        listener.close()
        report = self.report("hanging, given up")
        self.assertIn("Given up by the administrator of this server", " ".join(report.get_payload(1).as_string().split()))
        eventually(lambda: self.is_gone(deleted) and self.is_gone(given_up), "both are gone")
        eventually(lambda: "deleted: by the administrator" in self.story(deleted), "its story tells it")

    def test_giving_up_by_hand_tells_the_sender_why(self):
        with Sink(self.port, "-r", "RCPT"):
            message = self.send("hopeless", "x@sink.example")
            self.waits(message)
        self.queue("bounce", message, "--because", "They moved to the moon")
        report = self.report("hopeless")
        for part in (report.get_payload(0), report.get_payload(1)):
            text = " ".join(part.as_string().split())
            self.assertIn("Given up by the administrator of this server: They moved to the moon. The last answer of", text)
        self.assertNotIn("recipient's server", report.get_payload(0).as_string())
        status = report.get_payload(1).as_string()
        self.assertIn("Status: 5.0.0\n", status)
        self.assertNotIn("Remote-MTA", status)
        eventually(lambda: self.is_gone(message), "nothing of it is left")

    def test_a_deleted_message_is_gone_without_a_word(self):
        message = self.send("deleted", "x@sink.example")
        self.waits(message)
        before = len(self.inbox(self.alice, "x@sink.example"))
        asked = self.instance.posthouse("queue", "delete", "--all")
        self.assertEqual(asked.returncode, 7, "it asks, and there is nobody to answer")
        self.assertEqual(self.queue("delete", message)["ids"], [message])
        self.assertTrue(self.is_gone(message))
        self.assertIn("deleted: by the administrator", self.story(message))
        self.assertEqual(len(self.inbox(self.alice, "x@sink.example")), before)

    def test_requeued_it_goes_where_the_directory_says_now(self):
        added = self.instance.posthouse("transport", "add", "moving.example", "smtp:[127.0.0.1]:1")
        self.assertEqual(added.returncode, 0, added.stderr)
        message = self.send("moving", "x@moving.example")
        self.waits(message)
        self.instance.posthouse("transport", "remove", "moving.example")
        self.instance.posthouse("transport", "add", "moving.example", f"smtp:[127.0.0.1]:{self.port}")
        with Sink(self.port) as sink:
            ids = self.queue("requeue", message)["ids"]
            self.assertTrue(self.is_gone(message))
            self.assertIn(f"requeued: it is {ids[message]} now", self.story(message))
            eventually(lambda: len(sink.messages()) == 1, "the new one goes")
        eventually(lambda: self.is_gone(ids[message]), "nothing of it is left")

    def test_requeued_it_is_still_held_until_it_is_released(self):
        message = self.send("held and requeued", "x@sink.example")
        self.waits(message)
        self.queue("hold", message, "--because", "ask first")
        held = self.queue("requeue", message)["ids"][message]
        self.assertTrue(self.is_gone(message))
        document = self.queue("show", held)
        self.assertEqual((document["state"], document["held"]), ("hold", "ask first"))
        self.assertIn("held: ask first", self.story(held))
        with Sink(self.port) as sink:
            released = self.queue("requeue", "--release", held)["ids"][held]
            eventually(lambda: len(sink.messages()) == 1, "it goes")
        eventually(lambda: self.is_gone(released), "nothing of it is left")

    def test_the_message_itself_can_be_read(self):
        message = self.send("readable", "x@sink.example", body="line\n" * 20_000)
        self.waits(message)
        shown = self.instance.posthouse("queue", "cat", message)
        self.assertIn("Subject: readable", shown.stdout)
        self.assertEqual(shown.stdout.count("line"), 20_000)
        self.assertEqual(self.queue("show", message)["recipients"][0]["address"], "x@sink.example")

    def test_while_lmtpd_is_away_mail_waits_and_arrives_by_itself(self):
        pids = self.instance.pids("lmtpd")
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            self.send("patience", self.bob.address)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        self.instance.posthouse("queue", "flush", "--all")
        eventually(lambda: len(self.inbox(self.bob, "patience")) == 1, "it arrives, once")

    def test_a_queued_that_was_killed_goes_on_where_it_was(self):
        messages = [self.send(f"survivor {number}", "x@sink.example") for number in range(3)]
        for message in messages:
            self.waits(message)
        before = self.instance.pids("queued")
        self.instance.kill("queued")
        eventually(lambda: self.instance.is_ready() and self.instance.pids("queued") != before, "queued is back")
        self.assertEqual({one["id"] for one in self.queue("list")}, set(messages))
        with Sink(self.port) as sink:
            self.queue("flush", "--all")
            eventually(lambda: len(sink.messages()) == 3, "all arrive")

    def test_the_command_line_works_while_queued_is_stopped(self):
        message = self.send("offline", "x@sink.example")
        self.waits(message)
        pids = self.instance.pids("queued")
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            self.assertEqual(self.queue("hold", message)["messages"], 1)
            self.assertEqual(self.queue("delete", message)["messages"], 1)
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)
        self.assertTrue(self.is_gone(message))

    def test_metrics_tell_of_the_queue(self):
        self.waits(self.send("counted", "x@sink.example"))
        host, port = self.instance.address("http")
        text = subprocess.run(["curl", "-s", f"http://{host}:{port}/metrics"], capture_output=True, text=True, check=True).stdout
        self.assertRegex(text, r'posthouse_queue_recipients_total\{[^}]*result="deferred"[^}]*\} [1-9]')


if __name__ == "__main__":
    main()
