"""The profile schema against the published one: the same yes and no wherever the profile is exact.

Each document is changed in one thing at a time, in every place, and both schemas have to agree on each.
Documents with parts that the profile leaves open are changed outside of those parts; inside them the profile
may only be the more lenient of the two.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from lxml import etree

from dsp_conformance.duis.catalogue import catalogue
from dsp_conformance.duis.schema import DuisSchema

_SR = "http://www.dccinterface.co.uk/ServiceUserGateway"
_DS = "http://www.w3.org/2000/09/xmldsig#"

Mutation = Callable[[etree._Element], None]


def _read(document: Path) -> etree._Element:
    return etree.parse(document, etree.XMLParser(remove_blank_text=True)).getroot()


def _accepts(schema: DuisSchema, root: etree._Element) -> bool:
    return not schema.violations(root)


def _differences(published: DuisSchema, changed: Iterator[tuple[str, etree._Element]]) -> list[str]:
    """The changes on which the two schemas disagree; some must be accepted and some refused."""
    answers: set[bool] = set()
    differences: list[str] = []
    for change, root in changed:
        expected = _accepts(published, root)
        answers.add(expected)
        if _accepts(DuisSchema.bundled(), root) != expected:
            differences.append(f"{change}: published {'accepts' if expected else 'refuses'}")
    assert answers == {True, False}
    return differences


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _place(element: etree._Element) -> str:
    path = element.getroottree().getelementpath(element)
    return path.replace(f"{{{_SR}}}", "").replace(f"{{{_DS}}}", "ds:")


# Changes of one thing


def _parent(element: etree._Element) -> etree._Element:
    parent = element.getparent()
    assert parent is not None
    return parent


def _drop(element: etree._Element) -> None:
    _parent(element).remove(element)


def _repeat(element: etree._Element) -> None:
    element.addnext(deepcopy(element))


def _move_down(element: etree._Element) -> None:
    following = element.getnext()
    if following is not None:
        following.addnext(element)


def _rename(element: etree._Element) -> None:
    element.tag = f"{{{etree.QName(element).namespace}}}{_local(element)}X"


def _rename_to_lower_case(element: etree._Element) -> None:
    element.tag = f"{{{etree.QName(element).namespace}}}{_local(element).lower()}"


def _take_out_of_namespace(element: etree._Element) -> None:
    element.tag = _local(element)


def _put_into_other_namespace(element: etree._Element) -> None:
    other = _DS if etree.QName(element).namespace == _SR else _SR
    element.tag = f"{{{other}}}{_local(element)}"


def _add_attribute(element: etree._Element) -> None:
    element.set("unknown", "1")


def _add_foreign_attribute(element: etree._Element) -> None:
    element.set("{urn:x}unknown", "1")


def _add_language(element: etree._Element) -> None:
    element.set("{http://www.w3.org/XML/1998/namespace}lang", "en")


def _add_id(element: etree._Element) -> None:
    element.set("Id", "other")


def _add_nil(element: etree._Element) -> None:
    element.set("{http://www.w3.org/2001/XMLSchema-instance}nil", "true")


def _clear_attributes(element: etree._Element) -> None:
    element.attrib.clear()


def _spoil_uris(element: etree._Element) -> None:
    for name in ("URI", "Type", "Algorithm"):
        if name in element.attrib:
            element.set(name, "http://[%")


def _spoil_id(element: etree._Element) -> None:
    if "Id" in element.attrib:
        element.set("Id", "1 2")


def _add_child(element: etree._Element) -> None:
    etree.SubElement(element, f"{{{_SR}}}Unknown")


def _add_signature_child(element: etree._Element) -> None:
    etree.SubElement(element, f"{{{_DS}}}KeyName").text = "a"


def _add_foreign_child(element: etree._Element) -> None:
    etree.SubElement(element, "{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces")


def _add_text(element: etree._Element) -> None:
    element.text = f"{element.text or ''}text"


def _add_white_space(element: etree._Element) -> None:
    element.text = f"\n {element.text or ''} "


def _add_comment(element: etree._Element) -> None:
    element.insert(0, etree.Comment("comment"))


def _empty(element: etree._Element) -> None:
    tail = element.tail
    attributes = dict(element.attrib)
    element.clear()
    element.attrib.update(attributes)
    element.tail = tail


EVERYWHERE: tuple[Mutation, ...] = (
    _rename,
    _rename_to_lower_case,
    _take_out_of_namespace,
    _put_into_other_namespace,
    _add_attribute,
    _add_foreign_attribute,
    _add_language,
    _add_id,
    _add_nil,
    _clear_attributes,
    _spoil_uris,
    _spoil_id,
    _add_child,
    _add_signature_child,
    _add_foreign_child,
    _add_text,
    _add_white_space,
    _add_comment,
    _empty,
)
BELOW_THE_ROOT: tuple[Mutation, ...] = (_drop, _repeat, _move_down)


def _mutations(original: etree._Element, outside: str | None = None) -> Iterator[tuple[str, etree._Element]]:
    """The document, then the document with one thing changed: every change in every place.

    Elements inside of `outside` are left alone; that element itself is only moved, dropped and repeated.
    """
    yield "unchanged", original
    for position, element in enumerate(original.iter()):
        if outside is not None and any(_local(above) == outside for above in element.iterancestors()):
            continue
        mutations = BELOW_THE_ROOT if element.getparent() is not None else ()
        if outside is None or _local(element) != outside:
            mutations += EVERYWHERE
        for mutation in mutations:
            changed = deepcopy(original)
            mutation(list(changed.iter())[position])
            yield f"{mutation.__name__} at {_place(element)}", changed


# The tests


def test_the_two_agree_on_every_single_change(published: DuisSchema, exact_document: Path) -> None:
    original = _read(exact_document)
    assert published.violations(original) == ()
    assert _differences(published, _mutations(original)) == []


def test_around_a_part_left_open_the_profile_is_still_exact(
    published: DuisSchema, open_document: Path
) -> None:
    original = _read(open_document)
    assert published.violations(original) == ()
    outside = open_document.stem
    if _local(original) == outside:
        assert _accepts(DuisSchema.bundled(), original)
    else:
        assert _differences(published, _mutations(original, outside)) == []


def test_the_profile_never_refuses_what_the_published_schema_accepts(
    published: DuisSchema, open_document: Path
) -> None:
    for change, root in _mutations(_read(open_document)):
        if _accepts(published, root):
            assert DuisSchema.bundled().violations(root) == (), change


def _request(exact_documents: dict[str, bytes], body: str) -> etree._Element:
    """A request whose Body holds nothing but this."""
    root = etree.fromstring(exact_documents["read-firmware-version"])
    element = root.find(f"{{{_SR}}}Body")
    assert element is not None
    element[:] = [etree.fromstring(f'<x xmlns="{_SR}">{body}</x>')[0]]
    return root


def test_every_request_of_the_catalogue_is_known_by_its_body_element(
    published: DuisSchema, exact_documents: dict[str, bytes]
) -> None:
    exact = {
        _local(etree.fromstring(text)[1][0]) for text in exact_documents.values() if b"<Request " in text
    }
    open_ones = {entry.body_element for entry in catalogue().values()} - exact
    assert len(open_ones) == 124
    for name in open_ones:
        root = _request(exact_documents, f"<{name} a='b'>text<Any/></{name}>")
        assert DuisSchema.bundled().violations(root) == ()
        for violation in published.violations(root):
            assert f"/{name}" in violation.path  # known there too: only its inside is refused


@pytest.mark.parametrize("name", ["Unknown", "readsupplystatus", "Reset", "Request", "GBCSPayload"])
def test_a_body_element_that_no_request_has_is_refused(
    published: DuisSchema, exact_documents: dict[str, bytes], name: str
) -> None:
    root = _request(exact_documents, f"<{name}/>")
    assert not _accepts(published, root)
    assert not _accepts(DuisSchema.bundled(), root)
