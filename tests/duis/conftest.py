"""The published schema and sample, and the documents that the schema tests change one thing in.

`documents/exact` holds one document for each part about which the profile is exact. `documents/open` holds
one for parts that it leaves open; the file is named for the element whose inside is left open.
"""

from copy import deepcopy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis import xml
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import GbcsPayload, Response, ResponseMessage
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.signature import KnownSigners, SignatureDiagnosis, verify
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.smki import Credential, EphemeralPki

_DOCUMENTS = Path(__file__).parent / "documents"


@pytest.fixture(scope="session")
def published(shared_data: Path) -> DuisSchema:
    """The published schema V5.4."""
    return DuisSchema.from_folder(shared_data / "duis-schema-5.4")


@pytest.fixture(scope="session")
def exact_documents() -> dict[str, bytes]:
    """Documents without parts left open, by name."""
    return {file.stem: file.read_bytes() for file in sorted((_DOCUMENTS / "exact").glob("*.xml"))}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Runs a test once for each document, if it takes an `exact_document` or an `open_document`."""
    for kind in ("exact", "open"):
        if f"{kind}_document" in metafunc.fixturenames:
            files = sorted((_DOCUMENTS / kind).glob("*.xml"))
            metafunc.parametrize(f"{kind}_document", files, ids=[file.stem for file in files])


@pytest.fixture(scope="session")
def sample(shared_data: Path) -> bytes:
    """The DCC's signed response to SR11.2, schema version 5.1."""
    return (shared_data / "signed-samples" / "readfw-response.xml").read_bytes()


class Issue(Protocol):
    """Makes a self-made certificate with a chosen issuer's name (RFC 4514) and serial number."""

    def __call__(self, issuer: str = ..., serial: int = ..., curve: ec.EllipticCurve = ...) -> Credential: ...


@pytest.fixture(scope="session")
def issue() -> Issue:
    """Makes certificates that the project's own PKI would not make."""

    def make(
        issuer: str = "CN=Z1,OU=07", serial: int = 1, curve: ec.EllipticCurve | None = None
    ) -> Credential:
        key = ec.generate_private_key(curve or ec.SECP256R1())
        now = datetime.now(UTC)
        certificate = x509.CertificateBuilder(
            issuer_name=x509.Name.from_rfc4514_string(issuer),
            subject_name=x509.Name([]),
            public_key=key.public_key(),
            serial_number=serial,
            not_valid_before=now - timedelta(days=1),
            not_valid_after=now + timedelta(days=1),
        ).sign(key, hashes.SHA256())
        return Credential(certificate, key)

    return make


@pytest.fixture(scope="session")
def pki() -> EphemeralPki:
    """One PKI for the tests of signatures."""
    return EphemeralPki.create()


@pytest.fixture(scope="session")
def dsp(pki: EphemeralPki) -> Credential:
    """A DSP's XML signing credential."""
    return pki.dsp(Eui64.parse("90-B3-D5-1F-30-00-00-02")).xml_signing


@pytest.fixture
def unsigned() -> etree._Element:
    """A response to SR11.2, a new one for each test."""
    request_id = RequestID(
        Eui64.parse("90-B3-D5-1F-30-01-00-00"), Eui64.parse("00-DB-12-34-56-78-90-A0"), 1660751141087
    )
    body = ResponseMessage("11.2", "11.2", GbcsPayload(bytes(range(90))))
    now = datetime(2021, 11, 4, 12, tzinfo=UTC)
    return Response(request_id, request_id.response_id(), ResponseCode.I0, now, body).to_xml()


class Sign(Protocol):
    """Signs a document and writes it to octets."""

    def __call__(self, root: etree._Element, credential: Credential) -> bytes: ...


@pytest.fixture(scope="session")
def sign() -> Sign:
    """Signs a document and writes it to octets; the document itself stays unsigned."""

    def make(root: etree._Element, credential: Credential) -> bytes:
        copy = deepcopy(root.getroottree()).getroot()
        XmlSigner(credential).sign(copy)
        return xml.serialise(copy)

    return make


@pytest.fixture
def signed(unsigned: etree._Element, sign: Sign, dsp: Credential) -> bytes:
    """The response, signed by the DSP."""
    return sign(unsigned, dsp)


class Judge(Protocol):
    """Verifies a document with certificates that are known."""

    def __call__(
        self, octets: bytes, *credentials: Credential, now: datetime | None = None
    ) -> SignatureDiagnosis: ...


@pytest.fixture(scope="session")
def judge() -> Judge:
    """Verifies a document, and sees that it is afterwards what it was."""

    def make(octets: bytes, *credentials: Credential, now: datetime | None = None) -> SignatureDiagnosis:
        root = xml.parse(octets)
        before = etree.tostring(root.getroottree())
        diagnosis = verify(root, KnownSigners(each.certificate for each in credentials), now=now)
        assert etree.tostring(root.getroottree()) == before
        assert diagnosis.accepted or diagnosis.detail
        return diagnosis

    return make
