"""What the documentation says of the source is true: cited RFCs, linked files."""

import pathlib
import re
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = sorted(path.parent.name for path in SOURCE.glob("*/CMakeLists.txt") if path.parent.name != "tests") + ["lib"]


def sources():
    for folder in FOLDERS:
        for path in sorted((SOURCE / folder).rglob("*")):
            if path.suffix in (".h", ".cpp", ".def"):
                yield path


class Docs(unittest.TestCase):
    def test_every_cited_rfc_stands_in_the_table_and_no_other(self):
        cited = set()
        for path in sources():
            cited |= set(re.findall(r"RFC (\d+)", path.read_text()))
        listed = re.findall(r"^\| (\d+) \|", (SOURCE / "docs" / "rfc-status.md").read_text(), re.M)
        self.assertEqual(sorted(cited, key=int), listed)

    def test_rfcs_are_cited_in_one_form(self):
        for path in sources():
            for citation in re.findall(r"\b(?:RFC[-_]?\d{4}|RFC \d+,? (?:[Ss]ection|[Ss]ec\.)[^\n]*)", path.read_text()):
                self.fail(f"{path.relative_to(SOURCE)}: write \"RFC 9051 §6.4.3\", not \"{citation}\"")

    def test_links_lead_somewhere(self):
        for page in [*SOURCE.glob("*.md"), *(SOURCE / "docs").rglob("*.md"), *(SOURCE / "storage").glob("*.md"), *(SOURCE / "queued").rglob("*.md")]:
            for target in re.findall(r"\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)", page.read_text()):
                self.assertTrue((page.parent / target).exists(), f"{page.relative_to(SOURCE)} links to {target}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
