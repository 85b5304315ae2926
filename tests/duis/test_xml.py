import base64
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from dsp_conformance.duis import xml
from dsp_conformance.duis.xml import MalformedXml, XmlFlaw, parse, readable, serialise

quick = settings(deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])

_BODY = "<a b='é'>naïve <c/> £</a>"


def _flaw(octets: bytes, **limits: int) -> XmlFlaw:
    with pytest.raises(MalformedXml) as caught:
        parse(octets, **limits)
    assert str(caught.value.flaw) in str(caught.value)
    assert caught.value.detail in str(caught.value)
    return caught.value.flaw


# Encodings


@pytest.mark.parametrize(
    ("declaration", "encoding"),
    [
        ("", "utf-8"),
        ("", "utf-8-sig"),
        ("<?xml version='1.0'?>", "utf-8"),
        ("<?xml version='1.0' encoding='UTF-8'?>", "utf-8"),
        ("<?xml version='1.0' encoding='utf-8' standalone='no'?>", "utf-8-sig"),
        ('<?xml version="1.0"\n encoding = "ISO-8859-1" ?>', "iso-8859-1"),
        ("<?xml version='1.0' encoding='windows-1252'?>", "windows-1252"),
        ("<?xml version='1.0' encoding='UTF-16'?>", "utf-16"),
        ("", "utf-16"),
    ],
)
def test_the_encodings_that_real_parties_use_are_read(declaration: str, encoding: str) -> None:
    root = parse((declaration + _BODY).encode(encoding))
    assert (root.get("b"), root.text, root[0].tail) == ("é", "naïve ", " £")


def test_a_mark_of_byte_order_is_read_in_either_order() -> None:
    assert parse(b"\xfe\xff" + _BODY.encode("utf-16-be")).get("b") == "é"
    assert parse(b"\xff\xfe" + _BODY.encode("utf-16-le")).get("b") == "é"


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(_BODY.encode("latin-1"), id="Latin-1 without saying so"),
        pytest.param(b"<?xml version='1.0' encoding='utf-8'?>\xff<a/>", id="no UTF-8"),
        pytest.param(b"\xff\xfe<\x00a\x00/\x00>", id="odd number of octets in UTF-16"),
        pytest.param(b"\xff\xfe\x00\xd8<\x00a\x00/\x00>\x00", id="half a surrogate pair"),
        pytest.param(_BODY.encode("utf-16-le"), id="UTF-16 without its mark"),
        pytest.param(
            f"<?xml version='1.0' encoding='UTF-16'?>{_BODY}".encode("utf-16-be"), id="UTF-16 only declared"
        ),
        pytest.param(_BODY.encode("utf-32"), id="UTF-32"),
        pytest.param(b"<?xml version='1.0' encoding='UTF-7'?><a/>", id="UTF-7"),
        pytest.param(b"<?xml version='1.0' encoding='UTF-16'?><a/>", id="declared as what it is not"),
        pytest.param(b"<?xml version='1.0' encoding='EBCDIC-CP-US'?><a/>", id="declared as EBCDIC"),
        pytest.param(f"<?xml version='1.0'?>{_BODY}".encode("cp500"), id="EBCDIC"),
        pytest.param(
            b"<?xml version='1.0' encoding='iso-8859-99'?><a/>", id="an encoding that does not exist"
        ),
        pytest.param(b"<?xml version='1.0' encoding='latin-17'?><a/>", id="an encoding of no standard"),
        pytest.param(b"<a>\x00</a>", id="NUL"),
    ],
)
def test_other_encodings_and_broken_ones_are_refused(octets: bytes) -> None:
    assert _flaw(octets) is XmlFlaw.ENCODING


# Document types and entities


_BOMB = (
    b"<!DOCTYPE a [<!ENTITY x0 'lol'>"
    + b"".join(b"<!ENTITY x%d '%b'>" % (n, b"&x%d;" % (n - 1) * 10) for n in range(1, 10))
    + b"]><a>&x9;</a>"
)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("<!DOCTYPE a><a/>", id="bare"),
        pytest.param("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", id="internal entity"),
        pytest.param(
            "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>", id="external entity"
        ),
        pytest.param(
            "<!DOCTYPE a [<!ENTITY % b SYSTEM 'http://127.0.0.1:9/'> %b;]><a/>", id="parameter entity"
        ),
        pytest.param("<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'><a/>", id="external DTD"),
        pytest.param("<!DOCTYPE a [<!ATTLIST a b CDATA 'c'>]><a/>", id="default attribute"),
        pytest.param(_BOMB.decode(), id="billion laughs"),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_document_types_and_entities_are_refused_in_every_encoding(document: str, encoding: str) -> None:
    assert _flaw(document.encode(encoding)) is XmlFlaw.DOCTYPE


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "cp500", "utf-32-le"])
def test_a_document_type_cannot_hide_in_an_encoding_that_only_the_parser_would_notice(encoding: str) -> None:
    document = "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>"
    assert _flaw(document.encode(encoding)) is XmlFlaw.ENCODING


def test_an_entity_that_nobody_declared_is_refused_and_the_five_of_xml_are_read() -> None:
    assert _flaw(b"<a>&b;</a>") is XmlFlaw.NOT_WELL_FORMED
    assert parse(b"<a>&lt;&gt;&amp;&apos;&quot;&#13;</a>").text == "<>&'\"\r"


# Size


def test_the_largest_lawful_image_is_read() -> None:
    image = base64.b64encode(b"\x5a" * 10_240_000)
    started = time.perf_counter()
    assert len(parse(b"<a><b>" + image + b"</b></a>")[0].text or "") == len(image) == 13_653_336
    assert time.perf_counter() - started < 5


def test_the_limit_counts_octets_and_admits_just_as_many() -> None:
    octets = "<a>é</a>".encode()
    assert parse(octets, limit=9).text == "é"
    assert _flaw(octets, limit=8) is XmlFlaw.TOO_LARGE
    assert _flaw(b"<a>" + b" " * xml.DEFAULT_LIMIT + b"</a>") is XmlFlaw.TOO_LARGE


def test_too_many_elements_are_refused_before_they_cost_memory() -> None:
    half = xml.MARKUP_LIMIT // 2
    assert len(parse(b"<a>" + b"<b></b>" * (half - 1) + b"</a>")) == half - 1
    assert _flaw(b"<a>" + b"<b></b>" * half + b"</a>") is XmlFlaw.TOO_MUCH_MARKUP


@pytest.mark.parametrize("depth", [300, 5000, xml.MARKUP_LIMIT // 2])
def test_deep_nesting_is_refused(depth: int) -> None:
    assert _flaw(b"<a>" * depth + b"</a>" * depth) is XmlFlaw.NOT_WELL_FORMED
    # A large message is parsed with wider limits, yet not without any.
    filler = b" " * 10_000_000
    if depth > 300:
        assert _flaw(b"<a>" * depth + filler + b"</a>" * depth) is XmlFlaw.NOT_WELL_FORMED


def _attributes(number: int) -> bytes:
    return b" ".join(b"a%d='%d'" % (n, n) for n in range(number))


def _declarations(number: int, mark: int = 0) -> bytes:
    return b" ".join(b"xmlns:a%d='urn:%d:%d'" % (n, n, mark) for n in range(number))


def test_many_attributes_or_namespaces_are_read_up_to_the_limit_and_refused_above() -> None:
    limit = xml.WIDTH_LIMIT
    for made in (_attributes, _declarations):
        assert parse(b"<r><a %b/><a %b/></r>" % (made(limit), made(limit))).tag == "r"
        for before in (0, limit):
            octets = b"<r><a %b/><a %b/></r>" % (made(before), made(limit + 1))
            assert _flaw(octets) is XmlFlaw.TOO_MUCH_MARKUP


def test_namespaces_cannot_pile_up_from_level_to_level() -> None:
    inner = b"<b/>" * 1000
    for level in range(3):
        inner = b"<r %b>%b</r>" % (_declarations(30, level), inner)
    assert _flaw(inner) is XmlFlaw.TOO_MUCH_MARKUP
    beside = b"".join(b"<b xmlns='urn:%d'/>" % n for n in range(1000))
    assert len(parse(b"<r>" + beside + b"</r>")) == 1000


# Form


@pytest.mark.parametrize("octets", [b"", b" \r\n\t "])
def test_no_content_is_told_apart(octets: bytes) -> None:
    assert _flaw(octets) is XmlFlaw.EMPTY


@pytest.mark.parametrize(
    "octets",
    [
        b"<a><b></a>",
        b"<a>",
        b"<a/><b/>",
        b"text",
        b"{}",
        b"<a/>trailing",
        b"<!-- only a comment -->",
        b"<a b='1' b='2'/>",
        b"<x:a/>",
        b"<a>\x01</a>",
        b"<a>&#0;</a>",
        b"\n<?xml version='1.0'?><a/>",
        b"\xef\xbb\xbf",
    ],
)
def test_what_is_not_well_formed_is_refused_with_its_place(octets: bytes) -> None:
    with pytest.raises(MalformedXml) as caught:
        parse(octets)
    assert caught.value.flaw is XmlFlaw.NOT_WELL_FORMED
    assert "line " in caught.value.detail
    assert "\n" not in caught.value.detail


def test_a_document_cut_short_anywhere_is_refused() -> None:
    octets = b"<?xml version='1.0'?><r a='b'><!-- c --><b>text</b><?p i?></r>"
    assert parse(octets).tag == "r"
    for end in range(len(octets)):
        with pytest.raises(MalformedXml):
            parse(octets[:end])


def test_comments_and_processing_instructions_are_fine_everywhere() -> None:
    octets = b"<!--1--><?p 1?><r><!--2-->a<?p 2?>b</r><!--3--><?p 3?>"
    assert etree.tostring(parse(octets).getroottree()) == octets


@quick
@given(st.binary(max_size=60) | st.text(alphabet="<>/&;#x!?[]a'=\"é \0-", max_size=60).map(str.encode))
def test_any_octets_are_either_a_document_or_malformed(octets: bytes) -> None:
    try:
        root = parse(octets)
    except MalformedXml as error:
        assert error.detail  # noqa: PT017 - either outcome is right, and each has its own claim
    else:
        assert serialise(parse(serialise(root))) == serialise(root)


# Writing


def test_serialised_octets_are_compact_declared_and_complete() -> None:
    octets = b"<?p 1?><r xmlns='urn:r' xmlns:unused='urn:u'><a> \xc3\xa9 </a><b/><!-- c --></r><?p 2?>"
    written = serialise(parse(octets))
    assert written.startswith(b"<?xml version='1.0' encoding='UTF-8'?>")
    assert etree.tostring(parse(written).getroottree(), method="c14n") == etree.tostring(
        parse(octets).getroottree(), method="c14n"
    )
    assert b"<a> \xc3\xa9 </a><b/>" in written
    assert b"xmlns:unused" in written


def test_readable_text_is_indented_and_keeps_the_words() -> None:
    assert readable(b"<?xml version='1.0'?><!-- k --><a><b>x</b><c/></a>").splitlines() == [
        "<!-- k --><a>",
        "  <b>x</b>",
        "  <c/>",
        "</a>",
    ]


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (b"", ""),
        (b"502 Bad Gateway", "502 Bad Gateway"),
        (b"<a><b></a>", "<a><b></a>"),
        (_BOMB, _BOMB.decode()),
        (b"<a>\xff", "<a>\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_what_is_no_acceptable_document_is_shown_as_it_came(octets: bytes, shown: str) -> None:
    assert readable(octets) == shown
