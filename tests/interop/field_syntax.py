"""Whether the fields of a message are as the RFCs ask, for what isn't may be read in many ways.

    addresses_are_right(b'Ann <ann@example.org>, root')     # False: a mailbox needs a domain
    fields_of(content, b"content-type")                     # the values of all such fields, of all parts, unfolded"""

import re

ATEXT = rb"[^\x00-\x20\x7f()<>\[\]:;@\\,.\"]"  # 8-bit characters are in it (RFC 6532 §3.2)
ATOM = ATEXT + rb"+"
DOT_ATOM = ATOM + rb"(?:\." + ATOM + rb")*"
QUOTED = rb'"(?:[^"\\\r\n]|\\.)*"'
LOCAL = rb"(?:" + DOT_ATOM + rb"|" + QUOTED + rb")"
SPEC = LOCAL + rb" ?@ ?(?:" + DOT_ATOM + rb"|\[[^\s\[\]\\]*\])"
# A dot in a display name is obsolete syntax (RFC 5322 §4.1) that everybody writes and reads.
PHRASE = rb"(?:(?:" + ATOM + rb"|" + QUOTED + rb") ?)(?:(?:" + ATOM + rb"|" + QUOTED + rb"|\.) ?)*"
ROUTE = rb"(?:@" + DOT_ATOM + rb"(?:,@" + DOT_ATOM + rb")*:)?"
MAILBOX = rb"(?:(?:" + PHRASE + rb")?<" + ROUTE + SPEC + rb">|" + SPEC + rb")"
GROUP = PHRASE + rb": ?(?:" + MAILBOX + rb" ?(?:, ?" + MAILBOX + rb" ?)*)?;"
ADDRESS = rb"(?:" + MAILBOX + rb"|" + GROUP + rb")"
ADDRESSES = re.compile(ADDRESS + rb"(?: ?, ?" + ADDRESS + rb")*", re.S)

TOKEN = rb"[^\x00-\x20\x7f()<>@,;:\\\"/\[\]?=]+"
PARAMETERS = rb"(?: ?; ?" + TOKEN + rb" ?= ?(?:" + TOKEN + rb"|" + QUOTED + rb"))* ?;? ?"
TYPE = re.compile(TOKEN + rb"/" + TOKEN + PARAMETERS, re.S)
DISPOSITION = re.compile(TOKEN + PARAMETERS, re.S)


def without_comments(value):
    """Comments go, and white space becomes single blanks (RFC 5322 §3.2.2); None when a parenthesis is missing."""
    out, depth, place = [], 0, 0
    while place < len(value):
        quoted = re.compile(QUOTED, re.S).match(value, place) if depth == 0 else None
        if quoted:
            out.append(quoted[0])
            place = quoted.end()
            continue
        one = value[place:place + 1]
        if depth and one == b"\\":
            place += 1
        elif one == b"(":
            depth += 1
        elif one == b")":
            depth -= 1
            out.append(b" ")
        elif depth == 0:
            out.append(one)
        if depth < 0:
            return None
        place += 1
    return re.sub(rb"[ \t\r\n]+", b" ", b"".join(out)).strip() if depth == 0 else None


def addresses_are_right(value):
    value = without_comments(value)
    return value is not None and ADDRESSES.fullmatch(value) is not None


def type_is_right(value):
    """A Content-Type (RFC 2045 §5.1)."""
    value = without_comments(value)
    return value is not None and TYPE.fullmatch(re.sub(rb" ?/ ?", b"/", value, count=1)) is not None


def disposition_is_right(value):
    """A Content-Disposition (RFC 2183 §2)."""
    value = without_comments(value)
    return value is not None and DISPOSITION.fullmatch(value) is not None


def fields_of(content, *names):
    """The values of these fields in the whole text, headers of parts and what looks like such included, unfolded."""
    pattern = rb"(?im)^(?:" + b"|".join(names) + rb")[ \t]*:(.*(?:\n[ \t].*)*)"
    return [re.sub(rb"\r?\n(?=[ \t])", b"", value).strip() for value in re.findall(pattern, content)]
