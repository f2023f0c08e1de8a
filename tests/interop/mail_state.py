"""The whole state of an account as a server shows it by IMAP and POP3, in a form in which two servers can be compared.

    state = state_of(server, user)              # server: both_servers.Server
    state.mailboxes["Work/Q1"].messages[7]      # Message(flags, date, size, content)
    differences(one, other)                     # lines for people; empty when both are equal

Left out, because the two are not meant to agree: \\Recent (whichever session comes first has it), attributes of LIST but
whether a name can be selected, and anything that is order or wording."""

import calendar
import dataclasses
import datetime
import hashlib
import re



@dataclasses.dataclass(frozen=True)
class Message:
    flags: frozenset  # without \Recent; keywords among them
    date: int  # INTERNALDATE in seconds since 1970
    size: int  # RFC822.SIZE
    content: str  # hash of the whole message
    token: str = dataclasses.field(compare=False)  # what its Subject says


@dataclasses.dataclass(frozen=True)
class Mailbox:
    uid_validity: int
    uid_next: int
    messages: dict  # {UID: Message}


@dataclasses.dataclass(frozen=True)
class State:
    mailboxes: dict  # {name: Mailbox}, of those that can be selected
    parents: frozenset  # names that LIST has only as parents of others
    subscribed: frozenset
    unique_ids: tuple  # POP3's UIDL and sizes, in its order


def quoted(name):
    """A mailbox's name, as bytes of modified UTF-7, as a quoted string."""
    return b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def name_in(response):
    """The name at the end of a LIST or LSUB response."""
    literal = re.search(rb"\{(\d+)\}\r\n(.*)$", response, re.S)
    if literal:
        return literal[2]
    match = re.search(rb'\) (?:"(?:[^"\\]|\\.)*"|NIL) (?:"((?:[^"\\]|\\.)*)"|([^ ]+))(?: \(.*\))?$', response)
    return re.sub(rb"\\(.)", rb"\1", match[1]) if match[1] is not None else match[2]


def listed(session, command="LIST"):
    """{name: attributes in lower case} of LIST or LSUB."""
    result, responses = session.command(f'{command} "" "*"')
    assert result.startswith("OK"), result
    return {name_in(one): set(re.search(rb"\((.*?)\)", one)[1].lower().split()) for one in responses
            if one.startswith(b"* " + command.encode())}


def existing(session, names):
    """Those of the listed names that are mailboxes. Dovecot lists a deleted mailbox that still has children like one that
    is there, without \\Noselect, until its list is built anew: a parent is one when it has a STATUS."""
    return [name for name, attributes in names.items() if not attributes & {b"\\noselect", b"\\nonexistent"} and (
        b"\\haschildren" not in attributes or session.command(b"STATUS %s (UIDNEXT)" % quoted(name))[0].startswith("OK"))]


def number_of(pattern, responses):
    return int(next(match[1] for one in responses if (match := re.search(pattern, one))))


def message_of(response):
    """(UID, Message) of a FETCH response with UID, FLAGS, INTERNALDATE, RFC822.SIZE and BODY[]."""
    literal = re.search(rb"\{(\d+)\}\r\n", response)
    content = response[literal.end():literal.end() + int(literal[1])]
    items = response[:literal.start()] + response[literal.end() + int(literal[1]):]
    flags = frozenset(re.search(rb"FLAGS \((.*?)\)", items)[1].decode().split()) - {"\\Recent"}
    text = re.search(rb'INTERNALDATE "(.*?)"', items)[1].decode().strip()
    date = calendar.timegm(datetime.datetime.strptime(text, "%d-%b-%Y %H:%M:%S %z").utctimetuple())
    subject = re.search(rb"(?mi)^Subject: ?(.*?)\r?$", content)
    return int(re.search(rb"UID (\d+)", items)[1]), Message(
        flags, date, int(re.search(rb"RFC822\.SIZE (\d+)", items)[1]), hashlib.sha256(content).hexdigest()[:16],
        subject[1].decode(errors="replace") if subject else "")


class Gone(AssertionError):
    """Messages went while they were read."""


def messages_in(session):
    """{UID: Message} of the selected mailbox."""
    result, responses = session.command("UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])")
    if "[EXPUNGEISSUED]" in result:
        raise Gone(result)
    assert result.startswith("OK"), result
    return dict(message_of(one) for one in responses if b"BODY[]" in one)


def mailbox_state(session, name):
    """Reads a mailbox by EXAMINE, which claims nothing; None when it has been deleted meanwhile."""
    result, responses = session.command(b"EXAMINE " + quoted(name))
    if not result.startswith("OK"):
        return None
    validity, following = number_of(rb"UIDVALIDITY (\d+)", responses), number_of(rb"UIDNEXT (\d+)", responses)
    return Mailbox(validity, following, messages_in(session))


def state_of(server, user):
    """What the server shows of the user's mail."""
    with server.imap(user) as session:
        names = listed(session)
        mailboxes = {name: state for name in existing(session, names) if (state := mailbox_state(session, name))}
        subscribed = frozenset(listed(session, "LSUB"))
        session.command("LOGOUT")
    with server.pop3(user) as session:
        ids, sizes = session.multi("UIDL")[1], session.multi("LIST")[1]
        session.command("QUIT")
    return State(mailboxes, frozenset(names) - frozenset(mailboxes), subscribed, tuple(zip(ids.splitlines(), sizes.splitlines())))


def differences(one, other):
    """What two states differ in: a line each, `-` is the first one's, `+` the other's."""
    lines = []

    def compare(what, first, second):
        if first != second:
            lines.append(f"{what}: - {first}  + {second}")

    compare("parents", sorted(one.parents - other.parents), sorted(other.parents - one.parents))
    compare("subscribed", sorted(one.subscribed - other.subscribed), sorted(other.subscribed - one.subscribed))
    compare("mailboxes", sorted(one.mailboxes.keys() - other.mailboxes.keys()), sorted(other.mailboxes.keys() - one.mailboxes.keys()))
    for name in sorted(one.mailboxes.keys() & other.mailboxes.keys()):
        first, second = one.mailboxes[name], other.mailboxes[name]
        compare(f"{name.decode()} UIDVALIDITY", first.uid_validity, second.uid_validity)
        compare(f"{name.decode()} UIDNEXT", first.uid_next, second.uid_next)
        for uid in sorted(first.messages.keys() | second.messages.keys()):
            compare(f"{name.decode()} UID {uid}", first.messages.get(uid), second.messages.get(uid))
    if not lines:
        compare("UIDL and sizes of POP3", one.unique_ids, other.unique_ids)
    return lines
