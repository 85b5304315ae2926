from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.terms import CplStatus, DeviceStatus, DeviceType, UserRole
from dsp_conformance.testbed import (
    Capability,
    ControlApiTestbed,
    CplEntry,
    DeviceSpec,
    Fault,
    MissingCapability,
    ReachedCommand,
    SmetsVersion,
    Testbed,
    TestbedAnswerUnusable,
    TestbedRefused,
    UserRegistration,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from cryptography.x509 import Certificate

    from tests.testbed.conftest import Call, PaperTestbed

DEVICE = Eui64.parse("00-db-12-34-56-78-90-a0")
USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
ENTRY = CplEntry(DeviceType.ESME, "106C", "433100AC", "0123ABCD")
ESME = DeviceSpec(DeviceType.ESME, "106C", "433100AC", "0123ABCD")


def _operations(certificate: Certificate) -> dict[str, tuple[Capability, Callable[[Testbed], object]]]:
    registration = UserRegistration(USER, frozenset(UserRole), certificate, "http://127.0.0.1:9/receive")
    return {
        "register_user": (Capability.REGISTER_USER, lambda testbed: testbed.register_user(registration)),
        "add_cpl_entry": (Capability.EDIT_CPL, lambda testbed: testbed.add_cpl_entry(ENTRY)),
        "set_cpl_status": (
            Capability.EDIT_CPL,
            lambda testbed: testbed.set_cpl_status("7/a b", CplStatus.WITHDRAWN),
        ),
        "remove_cpl_entry": (Capability.EDIT_CPL, lambda testbed: testbed.remove_cpl_entry("7/a b")),
        "provide_device": (Capability.PROVIDE_DEVICE, lambda testbed: testbed.provide_device(ESME)),
        "forget_device": (Capability.PROVIDE_DEVICE, lambda testbed: testbed.forget_device(DEVICE)),
        "run_firmware": (Capability.CONTROL_DEVICE, lambda testbed: testbed.run_firmware(DEVICE, "0000ABCD")),
        "set_reachable": (
            Capability.CONTROL_DEVICE,
            lambda testbed: testbed.set_reachable(DEVICE, reachable=False),
        ),
        "set_status": (
            Capability.SET_STATUS,
            lambda testbed: testbed.set_status(DEVICE, DeviceStatus.DECOMMISSIONED),
        ),
        "inject_fault": (
            Capability.INJECT_FAULT,
            lambda testbed: testbed.inject_fault(DEVICE, "11.3", Fault.RESPONSE_LOST, count=2),
        ),
        "hold_response": (
            Capability.HOLD_RESPONSE,
            lambda testbed: testbed.inject_fault(DEVICE, "11.3", Fault.RESPONSE_HELD),
        ),
        "release_responses": (
            Capability.HOLD_RESPONSE,
            lambda testbed: testbed.release_responses(DEVICE),
        ),
        "commands": (Capability.OBSERVE_DEVICE, lambda testbed: testbed.commands(DEVICE)),
        "deliver_locally": (
            Capability.DELIVER_LOCALLY,
            lambda testbed: testbed.deliver_locally(DEVICE, b"command"),
        ),
        "restart": (Capability.RESTART, lambda testbed: testbed.restart()),
    }


OPERATIONS = (
    "register_user",
    "add_cpl_entry",
    "set_cpl_status",
    "remove_cpl_entry",
    "provide_device",
    "forget_device",
    "run_firmware",
    "set_reachable",
    "set_status",
    "inject_fault",
    "hold_response",
    "release_responses",
    "commands",
    "deliver_locally",
    "restart",
)


@pytest.fixture
def answering(paper: PaperTestbed) -> PaperTestbed:
    paper.answers |= {
        "POST /cpl-entries": (201, {"cpl_entry_id": "7/a b"}),
        "POST /devices": (201, {"device_id": str(DEVICE)}),
        f"GET /devices/{DEVICE}/commands": (200, []),
        f"POST /devices/{DEVICE}/local-commands": (200, {"response": ""}),
    }
    return paper


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_operation_sends_what_the_api_says(
    name: str,
    answering: PaperTestbed,
    testbed: ControlApiTestbed,
    device_certificate: Certificate,
    conforms: Callable[[Call], None],
) -> None:
    _operations(device_certificate)[name][1](testbed)

    first, _ = answering.calls
    assert first.path == "/capabilities"
    for call in answering.calls:
        conforms(call)


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_that_the_testbed_lacks_is_not_even_tried(
    name: str, paper: PaperTestbed, testbed: ControlApiTestbed, device_certificate: Certificate
) -> None:
    needs, operation = _operations(device_certificate)[name]
    others = [each.value for each in Capability if each is not needs]
    paper.answers["GET /capabilities"] = (
        200,
        {"capabilities": others, "dsp": {"name": "d", "version": "1"}},
    )

    with pytest.raises(MissingCapability) as caught:
        operation(testbed)

    assert caught.value.capability is needs
    assert needs.value in str(caught.value)
    assert [call.path for call in paper.calls] == ["/capabilities"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_refused_as_not_implemented_is_a_missing_capability(
    name: str, paper: PaperTestbed, testbed: ControlApiTestbed, device_certificate: Certificate
) -> None:
    needs, operation = _operations(device_certificate)[name]
    assert needs in testbed.capabilities
    paper.answers = {
        f"{method} {path}": (501, {"title": "not here"})
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
        for path in (
            f"/users/{USER}",
            "/cpl-entries",
            "/cpl-entries/7%2Fa%20b",
            "/devices",
            f"/devices/{DEVICE}",
            f"/devices/{DEVICE}/faults",
            f"/devices/{DEVICE}/held-responses/release",
            f"/devices/{DEVICE}/commands",
            f"/devices/{DEVICE}/local-commands",
            "/restart",
        )
    }

    with pytest.raises(MissingCapability) as caught:
        operation(testbed)

    assert caught.value.capability is needs


def _telling(paper: PaperTestbed, **members: object) -> None:
    dsp = {"name": "paper DSP", "version": "0.1"}
    paper.answers["GET /capabilities"] = (200, {"capabilities": [], "dsp": dsp, **members})


def test_what_the_product_declares_is_taken_from_a_testbed_that_offers_to_say_it(
    paper: PaperTestbed, testbed: ControlApiTestbed
) -> None:
    told = {"smets1": "yes", "secmp0007": "no", "rejection_code": "E5", "settle_seconds": 60}
    _telling(paper, extensions=["profile"], profile=told)

    assert testbed.dsp.switches == {"smets1": True, "secmp0007": False}  # and nothing else of a profile


@pytest.mark.parametrize("members", [{}, {"extensions": []}, {"extensions": ["deliver-locally"]}])
def test_a_member_called_profile_means_nothing_at_a_testbed_that_does_not_offer_it(
    paper: PaperTestbed, testbed: ControlApiTestbed, members: dict[str, object]
) -> None:
    _telling(paper, profile="of its own", **members)

    assert testbed.dsp.switches == {}


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"profile": {"smets1": "undeclared"}}, "profile.smets1"),
        ({"profile": {"smets1": True}}, "profile.smets1"),
        ({"profile": []}, "profile"),
        ({}, "'profile' is named"),
    ],
)
def test_a_profile_that_makes_no_sense_makes_the_answer_unusable(
    paper: PaperTestbed, testbed: ControlApiTestbed, members: dict[str, object], where: str
) -> None:
    _telling(paper, extensions=["profile"], **members)

    with pytest.raises(TestbedAnswerUnusable) as caught:
        _ = testbed.dsp

    assert where in str(caught.value)


def test_what_the_testbed_tells_about_itself_is_asked_once(
    paper: PaperTestbed, testbed: ControlApiTestbed, device_certificate: Certificate
) -> None:
    paper.answers["GET /capabilities"] = (
        200,
        {
            "capabilities": ["edit-cpl", "set-status"],
            "dsp": {
                "name": "paper DSP",
                "version": "0.1",
                "dcc_id": "ab-cd-00-00-00-00-00-01",
                "duis_url": "http://127.0.0.1:8079/",
                "signing_certificates": [_pem(device_certificate)],
            },
            "a member of a later version": True,
        },
    )

    assert testbed.capabilities == {Capability.EDIT_CPL, Capability.SET_STATUS}
    assert (testbed.dsp.name, testbed.dsp.version) == ("paper DSP", "0.1")
    assert testbed.dsp.dcc_id == Eui64.parse("AB-CD-00-00-00-00-00-01")
    assert testbed.dsp.duis_url == "http://127.0.0.1:8079"
    assert testbed.dsp.signing_certificates == (device_certificate,)
    assert len(paper.calls) == 1


def test_what_the_testbed_leaves_out_is_none(paper: PaperTestbed, testbed: ControlApiTestbed) -> None:
    assert (testbed.dsp.dcc_id, testbed.dsp.duis_url) == (None, None)
    assert testbed.dsp.signing_certificates == ()
    paper.answers["POST /devices"] = (201, {"device_id": "00-db-12-34-56-78-90-a0"})

    provided = testbed.provide_device(ESME)

    assert provided.device_id == DEVICE
    assert provided.gbcs_signing_certificate is provided.gbcs_key_agreement_certificate is None


def test_a_registration_carries_every_certificate_that_is_there(
    paper: PaperTestbed, testbed: ControlApiTestbed, device_certificate: Certificate
) -> None:
    testbed.register_user(
        UserRegistration(
            USER,
            frozenset({UserRole.IS, UserRole.GS}),
            device_certificate,
            "http://127.0.0.1:9/receive",
            gbcs_signing_certificate=device_certificate,
        )
    )

    (call,) = paper.of(f"/users/{USER}")
    assert call.method == "PUT"
    assert call.body == {
        "roles": ["GS", "IS"],
        "signing_certificate": _pem(device_certificate),
        "gbcs_signing_certificate": _pem(device_certificate),
        "receive_response_url": "http://127.0.0.1:9/receive",
    }


def test_a_device_carries_every_property_and_its_certificates_come_back(
    paper: PaperTestbed,
    testbed: ControlApiTestbed,
    device_certificate: Certificate,
    conforms: Callable[[Call], None],
) -> None:
    paper.answers["POST /devices"] = (
        201,
        {
            "device_id": str(DEVICE),
            "gbcs_signing_certificate": _pem(device_certificate),
            "gbcs_key_agreement_certificate": _pem(device_certificate),
        },
    )

    provided = testbed.provide_device(
        DeviceSpec(
            DeviceType.GSME,
            "106C",
            "433100AC",
            "9001",
            running_firmware_version="00009001",
            status=DeviceStatus.INSTALLED_NOT_COMMISSIONED,
            smets_version=SmetsVersion.SMETS1,
            device_id=DEVICE,
            responsible_users=frozenset({USER}),
        )
    )

    assert provided.gbcs_signing_certificate == provided.gbcs_key_agreement_certificate == device_certificate
    (call,) = paper.of("/devices")
    conforms(call)
    assert call.body == {
        "device_id": "00-DB-12-34-56-78-90-A0",
        "device_type": "GSME",
        "smets_version": "SMETS1",
        "status": "InstalledNotCommissioned",
        "manufacturer": "106C",
        "model": "433100AC",
        "firmware_version": "9001",
        "running_firmware_version": "00009001",
        "responsible_users": [str(USER)],
    }


def test_nobody_entitled_is_not_the_same_as_everybody(
    answering: PaperTestbed, testbed: ControlApiTestbed
) -> None:
    testbed.provide_device(
        DeviceSpec(DeviceType.ESME, "106C", "433100AC", "0123ABCD", responsible_users=frozenset())
    )
    testbed.provide_device(ESME)

    nobody, everybody = answering.of("/devices")
    assert nobody.body["responsible_users"] == []
    assert "responsible_users" not in everybody.body


def test_a_change_names_only_what_changes(paper: PaperTestbed, testbed: ControlApiTestbed) -> None:
    testbed.run_firmware(DEVICE, "0000ABCD")
    testbed.set_reachable(DEVICE, reachable=False)
    testbed.set_status(DEVICE, DeviceStatus.RECOVERED)

    assert [call.body for call in paper.of(str(DEVICE))] == [
        {"running_firmware_version": "0000ABCD"},
        {"reachable": False},
        {"status": "Recovered"},
    ]


def test_the_commands_that_reached_a_device_keep_their_order_and_time(
    paper: PaperTestbed, testbed: ControlApiTestbed
) -> None:
    one = {"request_id": "a", "service_reference_variant": "11.2", "received_at": "2026-01-02T03:04:05.5Z"}
    other = one | {"request_id": "b", "received_at": "2026-01-02T03:04:06+00:00"}
    paper.answers[f"GET /devices/{DEVICE}/commands"] = (200, [one, other])

    assert testbed.commands(DEVICE) == (
        ReachedCommand("a", "11.2", datetime(2026, 1, 2, 3, 4, 5, 500_000, tzinfo=UTC)),
        ReachedCommand("b", "11.2", datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC)),
    )


def test_a_token_is_sent_and_never_shown(paper: PaperTestbed) -> None:
    with ControlApiTestbed(paper.url, "s3cret-token") as testbed:
        testbed.remove_cpl_entry("7")
        paper.answers["DELETE /cpl-entries/8"] = (401, {"title": "who are you?"})
        with pytest.raises(TestbedRefused) as caught:
            testbed.remove_cpl_entry("8")
        assert "s3cret" not in repr(testbed) + repr(caught.value) + str(caught.value)

    assert {call.headers["Authorization"] for call in paper.calls} == {"Bearer s3cret-token"}


def test_without_a_token_none_is_sent(paper: PaperTestbed, testbed: ControlApiTestbed) -> None:
    testbed.remove_cpl_entry("7")

    assert all("Authorization" not in call.headers for call in paper.calls)


@pytest.mark.parametrize("token", ["", "two words", "line\nbreak", "tökén"])
def test_a_token_that_no_header_can_carry_is_refused_without_showing_it(token: str) -> None:
    with pytest.raises(ValueError, match="bearer token") as caught:
        ControlApiTestbed("http://127.0.0.1:9", token)

    assert not token or token not in str(caught.value)


def test_one_connection_serves_all_calls_of_a_thread(paper: PaperTestbed, testbed: ControlApiTestbed) -> None:
    for _ in range(5):
        testbed.remove_cpl_entry("7")

    assert len({call.connection for call in paper.calls}) == 1


def test_threads_have_connections_of_their_own_and_all_are_closed(paper: PaperTestbed) -> None:
    with ControlApiTestbed(paper.url) as testbed:
        assert testbed.capabilities
        together = threading.Barrier(3)

        def work() -> None:
            together.wait()
            for _ in range(3):
                testbed.remove_cpl_entry("7")
            together.wait()

        threads = [threading.Thread(target=work) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        held = list(testbed._client._sessions)  # so that they are closed, and not merely forgotten

    assert len(held) == 4
    assert paper.all_connections_end()
    assert len(paper.of("/cpl-entries/7")) == 9
    assert len({call.connection for call in paper.of("/cpl-entries/7")}) == 3


def test_a_closed_testbed_may_be_used_again(paper: PaperTestbed, testbed: ControlApiTestbed) -> None:
    testbed.remove_cpl_entry("7")
    testbed.close()
    testbed.remove_cpl_entry("7")

    assert len({call.connection for call in paper.of("/cpl-entries/7")}) == 2


def _pem(certificate: Certificate) -> Any:
    return certificate.public_bytes(Encoding.PEM).decode()
