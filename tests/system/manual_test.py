"""The manual pages that the build has made: they can be read, found, and speak of the daemons that there are."""

import pathlib
import re
import unittest

from posthouse_test import BIN, BUILD, SOURCE, run

PAGES = sorted((BUILD / "man").glob("man*/*"))
FOLDERS = {"posthoused": ["posthoused"], "authd": ["auth"], "bridged": ["webmail-bridge"], "lmtpd": ["lmtpd", "storage", "quota"],
           "daemons": ["lib/daemon"]}


class ManualPages(unittest.TestCase):
    def test_groff_has_nothing_to_say(self):
        self.assertGreater(len(PAGES), 30)
        for page in PAGES:
            said = run("groff", "-man", "-ww", "-z", "-Tutf8", page)
            self.assertEqual((said.returncode, said.stdout + said.stderr), (0, ""), page.name)

    def test_man_shows_them_without_a_warning(self):
        page = BUILD / "man" / "man8" / "posthouse-queue.8"
        shown = run("man", "--warnings", "-l", page, environment={"MANWIDTH": "80", "LC_ALL": "C.UTF-8"})
        self.assertEqual(shown.stderr, "")
        self.assertNotIn("\u2010", shown.stdout, "words are broken, and with them options")
        self.assertIn("--destination DOMAIN", shown.stdout)
        self.assertIn("posthouse queue hold [options] [id...]", shown.stdout)

    def test_whatis_finds_each_by_its_name(self):
        for page in PAGES:
            said = run("lexgrog", page)
            self.assertEqual(said.returncode, 0, page.name)
            self.assertIn(f': "{page.stem} - ', said.stdout)

    def test_man_finds_them_beside_the_programs(self):
        # As manpath(1) does for whoever has the programs in PATH.
        found = run("man", "-w", "posthouse-queue", "posthouse.toml", environment={"PATH": f"{BIN}:/usr/bin:/bin", "MANPATH": ""})
        self.assertEqual([pathlib.Path(line).name for line in found.stdout.split()], ["posthouse-queue.8", "posthouse.toml.5"], found.stderr)

    def test_lines_of_the_log_are_those_of_the_source(self):
        for prose in sorted((SOURCE / "docs" / "man").glob("*d.md")) + [SOURCE / "docs" / "man" / "daemons.md"]:
            daemon = prose.stem.removeprefix("posthouse-")
            section = re.search(r"^## Log\n(.*?)(?=^## |\Z)", prose.read_text(), re.M | re.S)
            if not section:
                continue
            text = "".join(path.read_text() for folder in [*FOLDERS.get(daemon, [daemon]), "lib/story"]
                           for path in sorted((SOURCE / folder).rglob("*.cpp")))
            text = re.sub(r'"\s*\n\s*"', "", text)  # a text in several lines
            for line in re.findall(r"^- `([^`]*)`:", section[1], re.M):
                self.assertIn(f'"{line}', text, f"{prose.name}: no line of the log begins so")


if __name__ == "__main__":
    unittest.main(verbosity=2)
