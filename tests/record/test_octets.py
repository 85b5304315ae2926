"""A journal holds a message octet by octet, or says where it stands; nothing else passes for it."""

from __future__ import annotations

import base64
import hashlib

import pytest
from pydantic import ValidationError

from dsp_conformance.ledger.verdicts import RunVerdict
from dsp_conformance.record.evidence import Message
from dsp_conformance.record.journal_lines import Footer, Octets

XML = "<é/>".encode()
BINARY = b"\xff\xfe\x00"


def digest(octets: bytes) -> str:
    return hashlib.sha256(octets).hexdigest()


@pytest.mark.parametrize(
    ("octets", "as_text"),
    [
        (XML, True),
        (b"\xef\xbb\xbf \r\n\t" + XML, True),
        (BINARY, False),
        (b"<\xff", False),
        (b"no XML, and readable", False),
        (b"", False),
    ],
    ids=["XML", "XML behind a mark and white space", "binary", "no UTF-8", "other text", "nothing"],
)
def test_xml_stands_as_text_and_all_else_in_base64(octets: bytes, *, as_text: bool) -> None:
    line = Octets.of(Message.of(octets))

    assert line is not None
    assert (line.text is not None, line.base64 is not None) == (as_text, not as_text)
    assert line.octets() == octets
    assert (line.size, line.sha256) == (len(octets), digest(octets))


@pytest.mark.parametrize("octets", [XML, None])
def test_a_message_that_stands_elsewhere_is_told_by_size_and_digest_alone(octets: bytes | None) -> None:
    line = Octets.of(Message(octets, len(XML), digest(XML)), elsewhere=octets is not None)

    assert line is not None
    assert (line.size, line.sha256, line.text, line.base64) == (len(XML), digest(XML), None, None)
    assert line.octets() is None


def test_no_message_is_none() -> None:
    assert Octets.of(None) is None


CODED = base64.b64encode(BINARY).decode()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ({"size": len(XML), "sha256": digest(XML), "text": "<e/>"}, "are not those of the size and digest"),
        ({"size": len(XML) + 1, "sha256": digest(XML), "text": "<é/>"}, "are not those of the size"),
        ({"size": 3, "sha256": digest(b"abc"), "base64": CODED}, "are not those of the size and digest"),
        ({"size": 3, "sha256": digest(BINARY), "base64": CODED, "text": "<a>"}, "text or base64, found both"),
        ({"size": 3, "sha256": digest(BINARY), "base64": CODED + "?"}, "expected octets"),
        ({"size": 3, "sha256": digest(BINARY), "base64": CODED[:-1]}, "expected octets"),
        ({"size": 3, "sha256": digest(BINARY), "text": "\ud800"}, "expected octets"),
    ],
    ids=["another text", "another size", "other octets", "both", "a foreign character", "cut off", "no text"],
)
def test_what_does_not_fit_its_own_size_and_digest_is_refused(said: dict[str, object], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Octets.model_validate(said)


def test_a_line_cannot_be_changed_once_it_is_read() -> None:
    line = Octets.of(Message.of(XML))

    assert line is not None
    with pytest.raises(ValidationError, match="frozen"):
        line.size = 1


def test_a_footers_digest_covers_whatever_it_says() -> None:
    before = hashlib.sha256(b"the lines before it\n")
    footer = Footer(
        run="r",
        process="main",
        number=1,
        finished=1,
        unusable="",
        suite_errors=(),
        receiver={"messages": 1},
        verdict=RunVerdict.CONFORMANT,
        exit_code=0,
        results_sha256="0" * 64,
        verdicts_sha256="0" * 64,
        counts={},
    )
    sealed = footer.model_copy(update={"sha256": footer.digest(before)})

    assert sealed.digest(before) == sealed.sha256
    assert sealed.model_copy(update={"receiver": {"messages": 2}}).digest(before) != sealed.sha256
    assert sealed.digest(hashlib.sha256(b"other lines\n")) != sealed.sha256
    blank = sealed.model_dump_json().replace(sealed.sha256, "0" * 64, 1).encode()
    assert hashlib.sha256(b"the lines before it\n" + blank).hexdigest() == sealed.sha256, "as documented"
