"""Access control: every check refuses what it is for, lets its twin through, and comes in its turn."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import pytest
from lxml import etree

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.catalogue import (
    CommandVariant,
    DeviceStatus,
    DeviceType,
    Service,
    UserRole,
    catalogue,
    service_for,
)
from dsp_conformance.duis.identifiers import RequestID
from dsp_conformance.duis.messages import ServiceRequest
from dsp_conformance.duis.namespaces import sr
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.signature import KnownSigners
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.stub.access_control import (
    CHECKS,
    Case,
    Policy,
    Refused,
    Rejected,
    first_refusal,
    signature_check,
)
from dsp_conformance.stub.cpl import ProductModel
from dsp_conformance.stub.inventory import DeviceRecord
from dsp_conformance.stub.mp105 import EXCEPTIONS
from dsp_conformance.stub.users import RegisteredUser

if TYPE_CHECKING:
    from dsp_conformance.smki.credentials import Credential
    from dsp_conformance.smki.pki import EphemeralPki
    from dsp_conformance.stub.access_control import Refusal

USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
OTHER_USER = Eui64.parse("90-B3-D5-1F-30-01-00-01")
DEVICE = Eui64.parse("00-DB-12-34-56-78-90-A0")
DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")
POLICY = Policy(DCC, ResponseCode.E51, EXCEPTIONS)


def user(*roles: UserRole) -> RegisteredUser:
    return RegisteredUser(USER, frozenset(roles), KnownSigners(()), "http://127.0.0.1:9/")


def device(
    device_type: DeviceType = DeviceType.ESME,
    status: DeviceStatus = DeviceStatus.COMMISSIONED,
    *,
    smets_version: str = "SMETS2",
    responsible: frozenset[Eui64] | None = None,
) -> DeviceRecord:
    product = ProductModel(device_type, "106C", "433100AC")
    return DeviceRecord(DEVICE, product, smets_version, "0123ABCD", status, responsible_users=responsible)


def case(variant: str = "4.1.1", command_variant: int | None = None, **changes: Any) -> Case:
    """A case that passes every check, with changes."""
    entry = catalogue()[variant]
    chosen = min(entry.command_variants) if command_variant is None else CommandVariant(command_variant)
    target = DCC if chosen is CommandVariant.NON_DEVICE else DEVICE
    request = ServiceRequest(
        RequestID(USER, changes.pop("target", target), changes.pop("counter", 1000)),
        chosen,
        entry.reference,
        variant,
        etree.Element(sr(changes.pop("body", entry.body_element))),
    )
    proper: dict[str, Any] = {
        "service": service_for(chosen),
        "request": request,
        "entry": entry,
        "user": user(*UserRole),
        "last_counter": None,
        "device": device(),
        "pre_command": None,
        "policy": POLICY,
    }
    return Case(**{**proper, **changes})


def code_of(refusal: Refusal | None) -> ResponseCode | HTTPStatus | None:
    if refusal is None:
        return None
    return refusal.status if isinstance(refusal, Refused) else refusal.code


@pytest.mark.parametrize(
    ("refused", "twin", "code"),
    [
        (case(user=None), case(), ResponseCode.E1),
        (case(last_counter=1000), case(last_counter=999), HTTPStatus.CONFLICT),
        (case(last_counter=1001), case(last_counter=0), HTTPStatus.CONFLICT),
        (case(user=user(UserRole.OU)), case(user=user(UserRole.OU, UserRole.GT)), ResponseCode.E2),
        (case(device=None), case(), ResponseCode.E19),
        (case("8.2", device=None, target=DEVICE), case("8.2", device=None), ResponseCode.E19),
        (case("4.1.4"), case("4.1.4", device=device(DeviceType.GSME)), ResponseCode.E11),
        (case("11.2", device=device(DeviceType.IHD)), case("11.2"), ResponseCode.E11),
        (case("11.2", device=device(DeviceType.CHF)), case("11.2"), ResponseCode.E11),
        (case("11.2", 4), case("11.2", 3), ResponseCode.E12),
        (case("11.2", 5), case("11.2", 2), ResponseCode.E12),
        (case("11.3", 1), case("11.3", 4), ResponseCode.E12),
        (case("8.2", 1, target=DCC), case("8.2", 8), ResponseCode.E12),
        (case(service=Service.NON_DEVICE), case(service=Service.SEND_COMMAND), ResponseCode.E13),
        (case("8.2", service=Service.TRANSFORM), case("8.2"), ResponseCode.E13),
        (
            case(device=device(responsible=frozenset({OTHER_USER}))),
            case(device=device(responsible=frozenset({OTHER_USER, USER}))),
            ResponseCode.E4,
        ),
        (
            case(device=device(status=DeviceStatus.SUSPENDED)),
            case("11.2", device=device(status=DeviceStatus.SUSPENDED)),
            ResponseCode.E51,
        ),
        (
            case("2.2", 1, device=device(status=DeviceStatus.SUSPENDED, smets_version="SMETS1")),
            case("2.2", 2, device=device(status=DeviceStatus.SUSPENDED, smets_version="SMETS1")),
            ResponseCode.E51,
        ),
        (
            case("11.2", device=device(status=DeviceStatus.DECOMMISSIONED)),
            case("11.2", device=device(status=DeviceStatus.INSTALLED_NOT_COMMISSIONED)),
            ResponseCode.E51,
        ),
        (
            case("11.3", device=device(status=DeviceStatus.WITHDRAWN)),
            case("11.3", device=device(status=DeviceStatus.SUSPENDED)),
            ResponseCode.E51,
        ),
        (case("11.3", 5, body="SignedPreCommand"), case("11.3", 4), HTTPStatus.CONFLICT),
        (case("11.3", 5), case("11.3", 4), HTTPStatus.BAD_REQUEST),
        (case("11.3", 4, body="SignedPreCommand"), case("11.3", 4), HTTPStatus.BAD_REQUEST),
    ],
    ids=lambda value: str(value) if isinstance(value, ResponseCode | HTTPStatus) else "",
)
def test_each_check_refuses_what_it_is_for_and_lets_the_twin_through(
    refused: Case, twin: Case, code: ResponseCode | HTTPStatus
) -> None:
    assert code_of(first_refusal(refused)) == code
    assert first_refusal(twin) is None


def test_the_checks_come_in_the_order_they_are_written() -> None:
    """Everything is wrong at once; mending one thing after the other shows one code after the other."""
    wrong = {
        "user": None,
        "last_counter": 1000,
        "device": None,
        "service": Service.TRANSFORM,
    }
    suspended = {"status": DeviceStatus.SUSPENDED, "responsible": frozenset({OTHER_USER})}
    suspended_meter = device(**suspended)  # type: ignore[arg-type]
    steps = [
        (case("4.1.4", 8, **wrong, target=DEVICE), ResponseCode.E1),
        (case("4.1.4", 8, **{**wrong, "user": user(UserRole.OU)}, target=DEVICE), HTTPStatus.CONFLICT),
        (
            case("4.1.4", 8, user=user(UserRole.OU), device=None, service=Service.TRANSFORM, target=DEVICE),
            ResponseCode.E2,
        ),
        (case("4.1.4", 8, device=None, service=Service.TRANSFORM, target=DEVICE), ResponseCode.E19),
        (case("4.1.4", 8, device=suspended_meter, service=Service.TRANSFORM), ResponseCode.E11),
        (case("4.1.1", 8, device=suspended_meter, service=Service.TRANSFORM), ResponseCode.E12),
        (case("4.1.1", 1, device=suspended_meter, service=Service.TRANSFORM), ResponseCode.E13),
        (case("4.1.1", 1, device=suspended_meter), ResponseCode.E4),
        (
            case("4.1.1", 1, device=device(status=DeviceStatus.SUSPENDED), body="SignedPreCommand"),
            ResponseCode.E51,
        ),
        (case("4.1.1", 1, body="SignedPreCommand"), HTTPStatus.BAD_REQUEST),
        (case("4.1.1", 1), None),
    ]
    assert [code_of(first_refusal(each)) for each, _ in steps] == [code for _, code in steps]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: str(check.__name__))
def test_no_check_can_be_left_out(check: Any) -> None:
    """Without any one of them, something is accepted that was refused before."""
    others = tuple(each for each in CHECKS if each is not check)
    bad = [
        case("7.16", user=None),
        case(last_counter=1000),
        case(user=user(UserRole.OU)),
        case("8.2", device=None, target=DEVICE),
        case("4.1.4"),
        case("11.2", 4, device=device(status=DeviceStatus.COMMISSIONED)),
        case(service=Service.NON_DEVICE),
        case(device=device(responsible=frozenset())),
        case(device=device(status=DeviceStatus.SUSPENDED)),
        case("11.3", 5),
    ]
    assert all(first_refusal(each) is not None for each in bad)
    assert any(first_refusal(each, others) is None for each in bad)


@pytest.mark.parametrize("variant", ["7.16", "8.5"])
def test_a_request_without_known_roles_may_come_from_any(variant: str) -> None:
    assert catalogue()[variant].user_roles == frozenset()
    assert first_refusal(case(variant, user=user(UserRole.GT))) is None


@pytest.mark.parametrize("role", UserRole)
def test_every_role_may_read_firmware(role: UserRole) -> None:
    suspended = device(status=DeviceStatus.SUSPENDED)

    assert first_refusal(case("11.2", user=user(role), device=suspended)) is None


def test_the_rejection_code_is_the_configured_one() -> None:
    policy = Policy(DCC, ResponseCode.E5, EXCEPTIONS)
    suspended = case(device=device(status=DeviceStatus.SUSPENDED), policy=policy)

    refusal = first_refusal(suspended)
    assert isinstance(refusal, Rejected)
    assert refusal.code is ResponseCode.E5


def test_a_signed_pre_command_repeats_its_counter() -> None:
    """It is not the counter that refuses it, but that no Pre-Command waits."""
    refusal = first_refusal(case("11.3", 5, body="SignedPreCommand", last_counter=1000))

    assert isinstance(refusal, Refused)
    assert "no Pre-Command" in refusal.reason


class TestSignature:
    """Whatever was registered, the certificate has to be the originator's own, for XML signing."""

    def signed_by(self, credential: Credential, registered: Credential | None = None) -> Any:
        request = case("11.2").request
        root = request.to_xml()
        XmlSigner(credential).sign(root)
        signers = KnownSigners(((registered or credential).certificate,))
        known = RegisteredUser(USER, frozenset(UserRole), signers, "http://127.0.0.1:9/")
        return signature_check(root, request, known)

    def test_its_own_is_accepted(self, pki: EphemeralPki) -> None:
        assert self.signed_by(pki.service_user(USER).xml_signing) is None

    def test_a_registered_one_of_somebody_else_is_refused(self, pki: EphemeralPki) -> None:
        refusal = self.signed_by(pki.service_user(OTHER_USER).xml_signing)

        assert isinstance(refusal, Refused)
        assert str(OTHER_USER) in refusal.reason

    def test_a_registered_one_of_another_role_is_accepted(self, pki: EphemeralPki) -> None:
        assert self.signed_by(pki.service_user(USER).gbcs_signing) is None

    def test_one_that_was_not_registered_is_refused(self, pki: EphemeralPki) -> None:
        refusal = self.signed_by(pki.service_user(USER).xml_signing, pki.service_user(USER).xml_signing)

        assert isinstance(refusal, Refused)
        assert "certificate" in refusal.reason
