from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.smki.certificates import load_certificate, oddities_of
from dsp_conformance.smki.errors import SmkiError
from dsp_conformance.smki.pki import EphemeralPki
from dsp_conformance.target import TargetError, load_target
from dsp_conformance.target.doubts import doubts_about, told_doubts

if TYPE_CHECKING:
    from pathlib import Path

    from tests.target.conftest import Written

_USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")


@pytest.fixture
def old(written: Written) -> Written:
    """The XML signing certificate has expired, and is one for GBCS."""
    past = EphemeralPki.create(now=datetime(2020, 1, 1, tzinfo=UTC), lifetime=timedelta(days=1))
    held = past.service_user(_USER).gbcs_signing
    (written.folder / "pki" / "old.pem").write_bytes(held.certificate_pem())
    (written.folder / "pki" / "old.key").write_bytes(held.private_key_pem())
    return written


def test_a_users_own_certificate_that_expired_or_has_another_role_is_used_and_told(old: Written) -> None:
    old.with_change('certificate = "pki/xml.pem"', 'certificate = "pki/old.pem"')
    old.file.write_text(old.file.read_text().replace("pki/xml.key", "pki/old.key"))

    target = load_target(old.file)

    expired, role = doubts_about(target.users[0], datetime.now(UTC))
    assert expired.startswith("certificate expired at 2020-01-")
    assert role == "certificate has role 02 (SUPPLIER) in its OU instead of 87 (USER_XML_SIGNING)"
    told = told_doubts(target.users, datetime.now(UTC))["user certificates"]
    assert f"[users[1]] {expired}" in told
    assert f"[users[1]] {role}" in told


def test_nothing_is_told_of_certificates_that_are_as_they_should_be(written: Written) -> None:
    target = load_target(written.unchanged())

    assert told_doubts(target.users, datetime.now(UTC)) == {}
    (early,) = {each.rpartition(" from ")[0] for each in doubts_about(target.users[0], _LONG_AGO)[:1]}
    assert early == "certificate is valid only"


def test_a_certificate_of_the_dsp_that_expired_still_keeps_a_run_from_starting(written: Written) -> None:
    past = EphemeralPki.create(now=datetime(2020, 1, 1, tzinfo=UTC), lifetime=timedelta(days=1))
    (written.folder / "pki" / "old-dsp.pem").write_bytes(past.dsp(_USER).xml_signing.certificate_pem())

    with pytest.raises(TargetError, match="expired at 2020"):
        load_target(written.with_change("pki/dsp.pem", "pki/old-dsp.pem"))


_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("name", ["07-mdr-ds.pem", "null_params.der"])
def test_a_certificate_that_the_library_cannot_read_is_named_for_what_it_is(
    name: str, written: Written, shared_data: Path
) -> None:
    case = shared_data.parent / "cases" / "certificates" / name
    (written.folder / "pki" / name).write_bytes(case.read_bytes())

    with pytest.raises(TargetError) as caught:
        load_target(written.with_change("pki/xml.pem", f"pki/{name}"))

    (problem,) = caught.value.problems
    assert (problem.section, problem.key) == ("users[1]", "certificate")
    assert "ECDSA parameters are written as NULL" in problem.found
    assert "ExtraData" in problem.found
    assert "openssl" not in problem.hint


def test_the_published_key_of_the_test_appliance_is_used_though_it_expired(shared_data: Path) -> None:
    path = shared_data.parent / "cases" / "certificates" / "03-Z1-supplier-ds.expired.pem"

    certificate = load_certificate(path, in_force=False)

    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert oddities_of(certificate, roles={2}, at=now) == ("expired at 2025-10-29T23:59:59+00:00",)
    with pytest.raises(SmkiError, match="expired"):
        load_certificate(path, at=now)
