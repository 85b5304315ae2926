"""Secrets are taken out of texts, messages and headers, however they are written, and nothing else is."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.base.redaction import MARK, Redactor
from dsp_conformance.smki.pki import EphemeralPki

if TYPE_CHECKING:
    from collections.abc import Callable

TOKEN = "tok/3n+<Kühl&Ω>\"'42"
around = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40)
WRITTEN: dict[str, Callable[[str], str]] = {
    "as it is": lambda text: text,
    "for XML": escape,
    "for an attribute": lambda text: escape(text, {'"': "&quot;", "'": "&apos;"}),
    "in an address": lambda text: quote(text, safe=""),
    "for JSON": lambda text: json.dumps(text)[1:-1],
    "for JSON in UTF-8": lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
}


@pytest.mark.parametrize("way", WRITTEN)
@given(before=around, after=around)
def test_a_known_secret_goes_however_it_is_written(way: str, before: str, after: str) -> None:
    written = WRITTEN[way](TOKEN)
    redactor = Redactor([TOKEN])
    assert written not in redactor.text(before + written + after)
    octets = redactor.octets((before + written + after).encode())
    assert written.encode() not in octets
    assert MARK.encode() in octets


@pytest.mark.parametrize("way", WRITTEN)
def test_nothing_of_a_secret_stays_and_nothing_goes_with_it(way: str) -> None:
    assert Redactor([TOKEN]).text(f"<{WRITTEN[way](TOKEN)}>") == f"<{MARK}>"


def test_nothing_of_a_secret_alone_in_base64_stays() -> None:
    left = Redactor([TOKEN]).octets(base64.b64encode(TOKEN.encode())).decode()
    assert left.startswith(MARK)
    assert len(left) - len(MARK) <= 3  # the end of it, which belongs to what follows as well, and padding


@pytest.mark.parametrize("before", range(4))
def test_a_secret_goes_from_base64_wherever_it_stands_in_what_was_encoded(before: int) -> None:
    left = Redactor([TOKEN]).octets(base64.b64encode(b"xyz"[:before] + TOKEN.encode() + b"rest")).decode()
    assert MARK in left
    assert (
        len(left) - len(MARK) <= (before + len(b"rest")) * 8 / 6 + 4
    )  # and no more than what stood around it


def test_of_two_secrets_of_which_one_begins_like_the_other_nothing_stays() -> None:
    assert Redactor(["12345678", "12345678-and-more"]).text("is 12345678-and-more") == f"is {MARK}"
    assert Redactor(["12345678-and-more", "12345678"]).text("is 12345678-and-more") == f"is {MARK}"


@pytest.mark.parametrize(
    ("length", "as_a_word", "within_a_word"),
    [(3, False, False), (4, True, False), (7, True, False), (8, True, True)],
)
def test_how_long_a_secret_is_decides_where_it_is_looked_for(
    length: int, *, as_a_word: bool, within_a_word: bool
) -> None:
    secret = "c4nary42"[:length]
    assert (MARK in Redactor([secret]).text(f"is {secret}.")) == as_a_word
    assert (MARK in Redactor([secret]).text(f"isx{secret}x")) == within_a_word


@pytest.mark.parametrize(("length", "goes"), [(7, False), (8, True)])
def test_a_line_of_a_key_that_could_be_anything_is_not_looked_for(length: int, *, goes: bool) -> None:
    line = "MHcCAQEE"[:length]
    assert (MARK in Redactor(key_lines=[line]).text(f"found {line}")) == goes


@given(before=st.binary(max_size=20), after=st.binary(max_size=20))
def test_a_known_secret_goes_from_what_base64_hides(before: bytes, after: bytes) -> None:
    whole = before + TOKEN.encode() + after
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        left = Redactor([TOKEN]).octets(encode(whole))
        assert MARK.encode() in left
        kept = left.replace(MARK.encode(), b"")
        assert len(kept) * 6 // 8 < len(before) + len(after) + 5  # no more than the octets around it


@pytest.mark.parametrize(
    "octets",
    [
        f"<a>{TOKEN}</a>".encode("utf-16"),
        f"<a>{TOKEN}</a>".encode("utf-16-be"),
        b"<" + TOKEN.encode("utf-16-le"),
        b"<" + TOKEN.encode("utf-16-be"),
        "".join(f"&#{ord(one)};" for one in TOKEN).encode(),
        b"<a>" + "".join(f"&#x{ord(one):x};" for one in TOKEN[:2]).encode() + escape(TOKEN[2:]).encode(),
    ],
    ids=[
        *("UTF-16", "UTF-16 without a mark", "UTF-16 after an odd octet", "the other after an odd octet"),
        *("references", "some references"),
    ],
)
def test_a_message_that_holds_a_secret_in_disguise_goes_as_a_whole(octets: bytes) -> None:
    assert Redactor([TOKEN]).octets(octets) == MARK.encode()


@given(octets=st.binary(max_size=200))
def test_octets_without_a_secret_are_the_same_object(octets: bytes) -> None:
    assert Redactor(["a secret that is not there"]).octets(octets) is octets


SHOWS_ITSELF = {
    "bearer token": ("refused: Bearer c4nary-0123456789 is unknown", "c4nary-0123456789"),
    "header": ("Authorization: Digest c4nary\nDate: today", "c4nary"),
    "header in JSON": ('{"authorization": "c4nary", "detail": "no"}', "c4nary"),
    "header in a page": ("<p>Cookie: a=c4nary; b=c4nary</p>", "c4nary"),
    "escaped header": ("&quot;Set-Cookie&quot;: &quot;session=c4nary&quot;", "c4nary"),
    "header in a rendered text": (repr("no:\nCookie: c4nary"), "c4nary"),
    "api key": ("X-Api-Key=c4nary", "c4nary"),
    "address": ("see https://user:c4nary@dsp.example/x", "c4nary"),
    "user alone": ("see https://c4nary@dsp.example/x", "c4nary"),
    "web token": ("eyJhbGciOiJub25l.eyJjNG5hcnkiOjF9.abc", "eyJjNG5hcnkiOjF9"),
    "key": ("-----BEGIN EC PRIVATE KEY-----\nc4nary\n-----END EC PRIVATE KEY-----\nand so on", "c4nary"),
    "half a key": ("-----BEGIN PRIVATE KEY-----\nc4nary\n", "c4nary"),
}


@pytest.mark.parametrize(("text", "secret"), SHOWS_ITSELF.values(), ids=SHOWS_ITSELF)
def test_what_shows_that_it_is_a_secret_goes_though_nobody_told_of_it(text: str, secret: str) -> None:
    for left in (Redactor().text(text), Redactor().octets(text.encode()).decode()):
        assert secret not in left
        assert MARK in left


@pytest.mark.parametrize(
    "text",
    [
        "basic authentication is required",
        "a bearer token was expected",
        "mail somebody@dsp.example or see http://dsp.example/a?b=c",
        "the authorization of this user has ended",
        '<sr:Request xmlns:sr="http://www.dccinterface.co.uk/ServiceUserGateway"/>',
    ],
)
def test_words_about_secrets_stay(text: str) -> None:
    assert Redactor().text(text) == text


def test_headers_that_carry_credentials_lose_their_values_and_others_only_secrets() -> None:
    headers = {
        "Authorization": "x",
        "Set-Cookie": "a=b",
        "Server": f"acme {TOKEN}",
        "Content-Type": "text/xml",
    }
    assert Redactor([TOKEN]).headers(headers) == {
        "authorization": MARK,
        "set-cookie": MARK,
        "server": f"acme {MARK}",
        "content-type": "text/xml",
    }


def test_a_short_password_goes_as_a_word_and_words_around_it_stay() -> None:
    assert (
        Redactor(["meter"]).text("wrong password 'meter': parameter") == f"wrong password '{MARK}': parameter"
    )
    assert Redactor(["E51"]).text("rejected with E51") == "rejected with E51"


def test_lines_of_a_key_go_without_what_stands_around_them() -> None:
    key = EphemeralPki.create().service_user(Eui64.parse("90-B3-D5-1F-30-01-00-00")).xml_signing
    lines = key.private_key_pem().decode().splitlines()[1:-1]
    for line in lines:
        assert Redactor(key_lines=lines).text(f"found {line!r}") == f"found {MARK!r}"


def test_it_shows_no_secret_of_its_own() -> None:
    assert TOKEN not in repr(Redactor([TOKEN]))
