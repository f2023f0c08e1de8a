"""Roundcube, in a browser: folders with their counts and quota, reading, sorting, threads, search, marking, moving, deleting,
writing with attachments, drafts, and folders made, renamed and removed.

Screenshots are left in roundcube-screenshots/ of the build."""
# labels: clients

import random
import re
import shutil
import sys

from client_tests import ClientTest
from mail_programs import imap_client, messages_of
from posthouse_test import BUILD, eventually, main
from roundcube import Browser, Roundcube

SCREENSHOTS = BUILD / "roundcube-screenshots"
ROWS = "#messagelist tbody tr.message td.subject"
IDLE = "return document.readyState === 'complete' && window.rcmail && !rcmail.busy && window.jQuery && jQuery.active === 0"


def message(number, subject, text, reference=None, sender=None, size=0):
    links = f"References: <{reference}@example.org>\r\n" if reference else ""
    return (f"From: {sender or f'Sender {number}'} <a{number}@example.org>\r\nTo: joe@example.org\r\n"
            f"Date: Tue, {number:02} Oct 2024 10:00:00 +0000\r\nMessage-ID: <{number}@example.org>\r\n{links}Subject: {subject}\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n" + "line of text\r\n" * size).encode()


class RoundcubeAtWork(ClientTest):
    settings = {**ClientTest.settings, "quota.rule": "*:storage=10M"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        shutil.rmtree(SCREENSHOTS, ignore_errors=True)
        SCREENSHOTS.mkdir()
        print(f"screenshots: {SCREENSHOTS}")
        cls.roundcube = cls.enterClassContext(Roundcube(cls.instance, cls.instance.folder / "roundcube"))
        cls.browser = cls.enterClassContext(Browser(cls.instance.folder / "browser"))

    def setUp(self):
        self.joe = self.user(re.sub(r"\W", "-", self._testMethodName.removeprefix("test_"))[:30])
        self.said = len(self.roundcube.log())
        self.browser.driver.delete_all_cookies()

    def tearDown(self):
        self.browser.driver.switch_to.default_content()
        self.screenshot("end")
        said = self.roundcube.log()[self.said:]
        refused = re.findall(r"S: A\d+ (?:NO|BAD).*", said)
        if self._outcome.success and not refused:
            return
        print(f"--- what Roundcube said to IMAP:\n{said[-20000:]}\n--- its errors:\n{self.roundcube.log('errors')[-5000:]}\n---", file=sys.stderr)
        self.assertEqual(refused, [])

    def screenshot(self, name):
        self.browser.screenshot(SCREENSHOTS / f"{self._testMethodName.removeprefix('test_')}-{name}.png")

    def log_in(self):
        self.browser.driver.get(self.roundcube.url)
        self.browser.type("#rcmloginuser", self.joe.address)
        self.browser.type("#rcmloginpwd", self.joe.password)
        self.browser.click("#rcmloginsubmit")
        self.browser.one("#messagelist")
        self.settled()

    def settled(self):
        """Nothing that was asked for is on its way."""
        self.browser.wait(IDLE)

    def click(self, selector, text=None):
        self.browser.click(selector, text)
        self.settled()

    def subjects(self):
        return self.browser.texts(f"{ROWS} a span")

    def shows(self, *subjects):
        eventually(lambda: self.subjects() == list(subjects), f"{subjects} are listed, not {self.subjects()}")

    def open_folder(self, name):
        self.click(f'#mailboxlist a[rel="{name}"]')

    def select(self, subject):
        """Opens a message in the preview; its text."""
        self.click(f"{ROWS} a span", subject)
        return self.in_preview(f"document.querySelector('#message-header .subject').innerText.includes('{subject}') "
                               "&& document.querySelector('#messagebody').innerText")

    def in_preview(self, condition):
        condition = condition.replace("document.", "preview.")
        return self.browser.wait("const preview = document.getElementById('messagecontframe').contentDocument; "
                                 f"return preview.readyState === 'complete' && {condition}")

    def choose(self, menu, entry):
        """An entry of a menu that a button opens."""
        self.browser.click(menu)
        self.click(f".popover a.{entry}")

    def confirm(self):
        self.click(".ui-dialog .mainaction")
        self.browser.gone(".ui-dialog")

    def list_options(self, **chosen):
        """Sorting and threads, in the dialog that elastic has for them."""
        self.browser.click("#listmenulink")
        self.browser.one(".ui-dialog .mainaction")
        for name, value in chosen.items():
            self.browser.script("jQuery('.ui-dialog select[name=' + arguments[0] + ']').val(arguments[1])", name, value)
        self.confirm()

    def test_shows_folders_counts_and_quota(self):
        self.fill(self.joe, {"INBOX": [message(number, f"number {number}", "text", size=20000) for number in range(1, 4)],
                             "Work": [message(4, "work", "text")], "Work/&ANw-ber": [message(5, "deep", "text")]})
        with imap_client(self.instance, self.joe) as client:
            client.select("INBOX")
            client.store("1", "+FLAGS", r"(\Seen)")
            for name in ("Work", "Work/&ANw-ber"):
                client.subscribe(name)
        self.log_in()
        self.shows("number 3", "number 2", "number 1")
        counts = self.browser.wait("""const unread = [...document.querySelectorAll('#mailboxlist li')].map(
            one => one.querySelector(':scope > a').innerText.split('\\n').map(part => part.trim()).join(' '));
            return unread.some(one => one === 'Work 1') && unread""")
        self.assertEqual(counts, ["Inbox 2", "Drafts", "Sent", "Junk", "Trash", "Archive", "Work 1", "Über 1"])
        self.assertRegex(self.browser.texts("#quotadisplay .count")[0], r"^\d+%$")
        shown = self.browser.script("const one = document.querySelector('#quotadisplay .count'); return one.title || one.dataset.originalTitle")
        self.assertRegex(shown, r"KB / 10 MB \(\d+%\)")

    def test_reads_sorts_and_threads(self):
        self.fill(self.joe, {"INBOX": [message(1, "pears", "all about pears äöü", sender="Zoe"),
                                       message(3, "Re: pears", "an answer", 1, sender="Ann", size=100),
                                       message(2, "apples", "all about apples", sender="Joe", size=10)]})
        self.log_in()
        self.shows("apples", "Re: pears", "pears")  # the last to come first
        self.assertIn("all about pears äöü", self.select("pears"))
        self.assertEqual(self.browser.texts("#messagelist tbody tr.message:not(.unread) td.subject a span"), ["pears"])
        self.screenshot("message")
        for column, ascending in (("date", ["pears", "apples", "Re: pears"]), ("subject", ["apples", "pears", "Re: pears"]),
                                  ("from", ["Re: pears", "apples", "pears"]), ("size", ["pears", "apples", "Re: pears"]),
                                  ("arrival", ["pears", "Re: pears", "apples"])):
            self.list_options(sort_col=column, sort_ord="ASC")
            if column == "subject":  # equal ones stand in the order of their dates, or of their coming
                eventually(lambda: self.subjects()[0] == "apples", "sorted by subject")
                continue
            self.shows(*ascending)
            self.list_options(sort_ord="DESC")
            self.shows(*reversed(ascending))
        self.list_options(mode="threads", sort_col="date", sort_ord="DESC")
        self.browser.one("#messagelist tbody tr.message.thread")
        self.assertEqual(self.browser.texts("#messagelist tbody tr.message.thread td.subject a span"), ["pears"])
        self.assertEqual(self.browser.script("return rcmail.env.threading && [...document.querySelectorAll('#messagelist tbody tr')].length"), 3)
        self.list_options(mode="list")
        self.browser.gone("#messagelist tbody tr.message.thread")

    def test_searches_subjects_and_bodies(self):
        self.fill(self.joe, {"INBOX": [message(1, "needle", "hay"), message(2, "hay", "a needle in it"), message(3, "hay too", "nothing"),
                                       message(4, "=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "hay")]})
        self.log_in()
        self.shows("Grüße", "hay too", "hay", "needle")
        for where, words, found in (("subject", "needle", ["needle"]), ("body", "needle", ["hay"]), ("text", "needle", ["hay", "needle"]),
                                    ("subject", "grüß", ["Grüße"]), ("subject", "absent", [])):
            self.browser.script("rcmail.command('reset-search')")
            self.settled()
            self.browser.script("rcmail.env.search_mods = {'INBOX': {[arguments[0]]: 1}, '*': {[arguments[0]]: 1}}; "
                                "rcmail.set_searchmods({[arguments[0]]: 1})", where)
            self.browser.type("#mailsearchform", words)
            self.browser.script("rcmail.command('search')")
            self.settled()
            self.shows(*found)
        self.screenshot("nothing-found")

    def test_marks_moves_deletes_and_empties_the_trash(self):
        self.fill(self.joe, {"INBOX": [message(number, f"number {number}", "text") for number in range(1, 5)]})
        self.log_in()
        self.select("number 1")
        self.choose("#markmessagemenulink", "flag")
        self.browser.one("#messagelist tbody tr.message.flagged")
        self.select("number 2")
        self.choose("#markmessagemenulink", "unread")
        self.browser.click("#messagemenulink")
        self.browser.click(".popover a.move")
        self.click("#folder-selector a", "Archive")
        self.shows("number 4", "number 3", "number 1")
        self.select("number 3")
        self.click("#layout-content a.delete")
        self.shows("number 4", "number 1")
        self.assertEqual(self.far(self.joe), {"number 1": {"\\Seen", "\\Flagged"}, "number 4": set()})
        self.assertEqual(self.far(self.joe, "Archive"), {"number 2": set()})
        self.assertEqual(self.far(self.joe, "Trash"), {"number 3": {"\\Seen"}})
        self.open_folder("Trash")
        self.shows("number 3")
        self.choose("a.sidebar-menu", "purge")
        self.confirm()
        self.shows()
        self.assertEqual(self.far(self.joe, "Trash"), {})

    def test_writes_with_an_attachment_that_can_be_downloaded(self):
        picture = random.Random(1).randbytes(100_000)
        path = self.programs.file("picture.bin", picture)
        self.log_in()
        self.click("a.compose")
        self.browser.one("#compose_to input").send_keys(self.joe.address + ",")
        self.browser.type("#compose-subject", "Grüße")
        self.browser.type("#composebody", "Zeile eins\nZeile zwei: äöü")
        self.browser.script("return document.querySelector('#uploadformInput')").send_keys(str(path))
        self.browser.one("#attachment-list li a.delete")
        self.click("a.draft")
        eventually(lambda: messages_of(self.instance, self.joe, "", "Drafts"), "the draft is kept")
        self.click("button.send")
        self.browser.one("#messagelist")
        self.settled()
        eventually(lambda: messages_of(self.instance, self.joe, ""), "the message is delivered")
        self.assertEqual(len(messages_of(self.instance, self.joe, "", "Sent")), 1)
        eventually(lambda: not messages_of(self.instance, self.joe, "", "Drafts"), "the draft is gone")
        self.assertIn("250 2.0.0", self.roundcube.log("smtp"))
        self.open_folder("INBOX")
        self.assertIn("Zeile zwei: äöü", self.select("Grüße"))
        self.screenshot("received")
        self.browser.driver.switch_to.frame("messagecontframe")
        self.browser.script("rcmail.command('load-attachment', '2')")  # as a click on it does
        self.browser.driver.switch_to.default_content()
        download = self.browser.downloads / "picture.bin"
        self.browser.driver.get(self.roundcube.url + "?_task=mail&_action=get&_mbox=INBOX&_uid=1&_part=2&_download=1")
        eventually(lambda: download.exists() and download.read_bytes() == picture, "the attachment is downloaded")

    def test_makes_renames_and_removes_folders(self):
        self.log_in()
        self.choose("a.sidebar-menu", "folders")
        self.browser.one("#subscription-table li")
        self.settled()
        self.click("#layout-content a.create")
        self.save_folder("", "Projekte ü")
        self.assertIn("Projekte &APw-", self.far_folders(self.joe))
        self.click("#subscription-table li a", "Projekte ü")
        self.save_folder("Projekte ü", "Umbenannt")
        self.assertEqual({"Projekte &APw-", "Umbenannt"} & self.far_folders(self.joe), {"Umbenannt"})
        self.screenshot("renamed")
        self.click("#subscription-table li a", "Umbenannt")
        self.click("#layout-content a.delete")
        self.confirm()
        self.browser.gone("#subscription-table li a", "Umbenannt")
        self.assertNotIn("Umbenannt", self.far_folders(self.joe))

    def save_folder(self, old, new):
        """In the form of a folder's properties."""
        self.browser.wait("const page = document.getElementById('preferences-frame').contentDocument; "
                          f"return page.readyState === 'complete' && page.querySelector('input[name=_name]').value === '{old}'")
        self.browser.driver.switch_to.frame("preferences-frame")
        self.browser.type("input[name=_name]", new)
        self.browser.click("button.submit")
        self.browser.driver.switch_to.default_content()
        self.browser.one("#subscription-table li a", new)
        self.settled()


if __name__ == "__main__":
    main()
