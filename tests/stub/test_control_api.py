"""The Testbed Control API, judged by the published description: live answers of a real process."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from jsonschema import Draft202012Validator, FormatChecker

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.messages import LocalCommand, Response
from dsp_conformance.duis.xml import parse
from dsp_conformance.smki.pki import EphemeralPki

if TYPE_CHECKING:
    import requests

    from tests.stub.conftest import Party, StubProcess

DESCRIPTION = Path(__file__).parents[2] / "docs" / "testbed-control.openapi.yaml"
PROBLEM = "application/problem+json"
UNKNOWN = "00-DB-FF-FF-FF-FF-FF-FF"
METER = {"device_type": "ESME", "manufacturer": "106C", "model": "433100AC", "firmware_version": "0123ABCD"}


@dataclass
class Api:
    """Calls the API and judges each answer by the description of its operation."""

    stub: StubProcess
    description: dict[str, Any]
    seen: set[tuple[str, str, int]] = field(default_factory=set)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> requests.Response:
        answer = self.stub.control(method, path, body, **options)
        template, operation = self._operation(method, path)
        self.seen.add((method, template, answer.status_code))
        described = operation["responses"].get(str(answer.status_code))
        if described is None:
            # the description's own words: any operation may refuse with a Problem
            assert answer.status_code in {400, 404, 409, 422}, (method, path, answer.status_code)
            described = self.description["components"]["responses"]["Problem"]
        content = self._resolved(described).get("content")
        if content is None:
            assert answer.content == b""
            return answer
        media_type = answer.headers["content-type"]
        assert media_type in content, (media_type, content)
        schema = {**content[media_type]["schema"], "components": self.description["components"]}
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(answer.json())
        return answer

    def _operation(self, method: str, path: str) -> tuple[str, dict[str, Any]]:
        for template, item in self.description["paths"].items():
            if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
                return template, item[method.lower()]
        raise AssertionError(f"{path} is not described")

    def _resolved(self, part: dict[str, Any]) -> dict[str, Any]:
        if "$ref" in part:
            name = part["$ref"].rpartition("/")[2]
            resolved: dict[str, Any] = self.description["components"]["responses"][name]
            return resolved
        return part


@pytest.fixture(scope="session")
def description() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(DESCRIPTION.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture
def api(stub: StubProcess, description: dict[str, Any]) -> Api:
    return Api(stub, description)


@pytest.fixture
def device_id(api: Api) -> str:
    provided: str = api.call("POST", "/devices", METER).json()["device_id"]
    return provided


@pytest.fixture
def entry_id(api: Api) -> str:
    added: str = api.call("POST", "/cpl-entries", METER).json()["cpl_entry_id"]
    return added


def test_all_seven_capabilities_are_there(api: Api) -> None:
    told = api.call("GET", "/capabilities").json()

    assert sorted(told["capabilities"]) == [
        "control-device",
        "edit-cpl",
        "inject-fault",
        "observe-device",
        "provide-device",
        "register-user",
        "set-status",
    ]
    assert sorted(told["extensions"]) == ["deliver-locally", "hold-response", "profile", "restart"]
    switches = api.description["components"]["schemas"]["Capabilities"]["properties"]["profile"]["properties"]
    assert told["profile"].keys() == switches.keys()
    certificate = x509.load_pem_x509_certificate(told["dsp"]["signing_certificates"][0].encode())
    assert certificate.subject.rfc4514_string()


def test_every_operation_succeeds_as_described(
    api: Api, stub: StubProcess, party: Party, device_id: str, entry_id: str
) -> None:
    api.call("GET", "/capabilities")
    user = party.registration("http://127.0.0.1:9/")
    api.call("PUT", f"/users/{party.eui}", user)
    api.call("PATCH", f"/cpl-entries/{entry_id}", {"status": "Expired"})
    api.call("DELETE", f"/cpl-entries/{entry_id}")
    api.call("PATCH", f"/devices/{device_id}", {"reachable": False})
    fault = {"service_reference_variant": "11.3", "fault": "device-error", "count": 2}
    api.call("POST", f"/devices/{device_id}/faults", fault)
    held = {"service_reference_variant": "11.3", "fault": "response-held"}
    api.call("POST", f"/devices/{device_id}/faults", held)
    api.call("POST", f"/devices/{device_id}/held-responses/release")
    assert api.call("GET", f"/devices/{device_id}/commands").json() == []
    api.call("POST", "/restart")
    target = Eui64.parse(device_id)
    answer = stub.post("serviceD", party.octets(party.read_firmware(target, 2)))
    content = Response.from_xml(parse(answer.content)).content
    assert isinstance(content, LocalCommand)
    command = {"command": base64.b64encode(content.octets).decode()}
    api.call("POST", f"/devices/{device_id}/local-commands", command)
    api.call("DELETE", f"/devices/{device_id}")

    described = {
        (method.upper(), template, int(status))
        for template, item in api.description["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
        for status in operation["responses"]
        if status.startswith("2")
    }
    assert described - api.seen == {("POST", "/cpl-entries", 201), ("POST", "/devices", 201)} - api.seen
    assert described >= api.seen


def test_a_command_that_reached_the_device_is_shown_as_described(
    api: Api, stub: StubProcess, party: Party, device_id: str
) -> None:
    request = party.read_firmware(Eui64.parse(device_id))
    assert stub.post("serviceS", party.octets(request)).status_code == 200

    for _ in range(200):
        commands = api.call("GET", f"/devices/{device_id}/commands").json()
        if commands:
            break
    (command,) = commands
    assert command["request_id"] == str(request.request_id)
    assert command["service_reference_variant"] == "11.2"


@pytest.mark.parametrize("case", [str.upper, str.lower], ids=["upper", "lower"])
def test_euis_are_accepted_in_either_case_and_given_in_upper_case(api: Api, party: Party, case: Any) -> None:
    chosen = f"00-DB-AB-CD-{party.eui}"[: 4 * 3] + str(party.eui)[12:]
    body = {**METER, "device_id": case(chosen), "responsible_users": [case(str(party.eui))]}

    provided = api.call("POST", "/devices", body)

    assert (provided.status_code, provided.json()["device_id"]) == (201, chosen)
    assert api.call("PATCH", f"/devices/{case(chosen)}", {"reachable": True}).status_code == 204
    assert api.call("POST", "/devices", {**body, "device_id": chosen}).status_code == 409
    user = party.registration("http://127.0.0.1:9/")
    assert api.call("PUT", f"/users/{case(str(party.eui))}", user).status_code == 204
    assert api.call("DELETE", f"/devices/{case(chosen)}").status_code == 204


def public_numbers(pem: str) -> ec.EllipticCurvePublicNumbers:
    key = x509.load_pem_x509_certificate(pem.encode()).public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key.public_numbers()


def test_a_device_has_certificates_of_its_own(api: Api) -> None:
    provided = [api.call("POST", "/devices", METER).json() for _ in range(2)]

    keys = {
        public_numbers(each[name])
        for each in provided
        for name in ("gbcs_signing_certificate", "gbcs_key_agreement_certificate")
    }
    assert len(keys) == 4


REFUSED_DEVICES: list[tuple[str, Any]] = [
    ("a list", [METER]),
    ("no model", {key: value for key, value in METER.items() if key != "model"}),
    ("Suspended", {**METER, "status": "Suspended"}),
    ("unknown status", {**METER, "status": "commissioned"}),
    ("unknown type", {**METER, "device_type": "CAD"}),
    ("type in lower case", {**METER, "device_type": "esme"}),
    ("long manufacturer", {**METER, "manufacturer": "x" * 31}),
    ("manufacturer as number", {**METER, "manufacturer": 106}),
    ("manufacturer that XML cannot hold", {**METER, "manufacturer": "a\u0000b"}),
    ("no firmware", {**METER, "firmware_version": ""}),
    ("long firmware", {**METER, "firmware_version": "0123ABCD0"}),
    ("firmware not hexadecimal", {**METER, "firmware_version": "v1"}),
    ("firmware with a line end", {**METER, "firmware_version": "9001\n"}),
    ("running firmware in short form", {**METER, "running_firmware_version": "9001"}),
    ("running firmware in lower case", {**METER, "running_firmware_version": "0123abcd"}),
    ("unknown SMETS version", {**METER, "smets_version": "SMETS3"}),
    ("malformed id", {**METER, "device_id": "00DB1234567890A0"}),
    ("null id", {**METER, "device_id": None}),
    ("malformed users", {**METER, "responsible_users": ["nobody"]}),
    ("users as text", {**METER, "responsible_users": UNKNOWN}),
]


@pytest.mark.parametrize(
    "body", [body for _, body in REFUSED_DEVICES], ids=[name for name, _ in REFUSED_DEVICES]
)
def test_a_device_that_cannot_be_provided_is_refused(api: Api, body: Any) -> None:
    refused = api.call("POST", "/devices", body)

    assert refused.status_code == 422
    assert refused.json()["detail"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "Suspended"},
        {"status": None},
        {"reachable": "no"},
        {"reachable": 0},
        {"running_firmware_version": "9001"},
        {"firmware_version": "0123ABCE"},
        {"reachable": True, "extra": 1},
    ],
    ids=str,
)
def test_a_change_of_a_device_that_cannot_be_made_is_refused(api: Api, device_id: str, body: Any) -> None:
    assert api.call("PATCH", f"/devices/{device_id}", body).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        {"service_reference_variant": "11.2"},
        {"service_reference_variant": "11.9", "fault": "unreachable"},
        {"service_reference_variant": "11.2", "fault": "tired"},
        {"service_reference_variant": "11.2", "fault": "unreachable", "count": 0},
        {"service_reference_variant": "11.2", "fault": "unreachable", "count": "2"},
        {"service_reference_variant": "11.2", "fault": "unreachable", "count": True},
    ],
    ids=str,
)
def test_a_fault_that_cannot_be_arranged_is_refused(api: Api, device_id: str, body: Any) -> None:
    assert api.call("POST", f"/devices/{device_id}/faults", body).status_code == 422


@pytest.mark.parametrize(
    "body", [{}, {"status": "active"}, {"status": "Active", "model": "m"}, {"status": None}], ids=str
)
def test_a_change_of_an_entry_that_cannot_be_made_is_refused(api: Api, entry_id: str, body: Any) -> None:
    assert api.call("PATCH", f"/cpl-entries/{entry_id}", body).status_code == 422


@pytest.mark.parametrize(
    "changes",
    [
        {"roles": []},
        {"roles": ["XX"]},
        {"roles": "IS"},
        {"receive_response_url": "ftp://example.org/"},
        {"receive_response_url": "/receive"},
        {"receive_response_url": "http://example.org:99999/"},
        {"signing_certificate": "no certificate"},
        {"signing_certificate": None},
        {"gbcs_signing_certificate": "no certificate"},
    ],
    ids=str,
)
def test_a_user_that_cannot_be_registered_is_refused(api: Api, party: Party, changes: Any) -> None:
    body = {**party.registration("http://127.0.0.1:9/"), **changes}

    assert api.call("PUT", f"/users/{party.eui}", body).status_code == 422


def test_a_user_whose_certificate_names_another_is_refused_with_both_names(
    api: Api, party: Party, pki: EphemeralPki
) -> None:
    other = type(party)(pki.service_user(Eui64.parse("90-B3-D5-1F-30-03-00-00")), party.dcc_id)

    refused = api.call("PUT", f"/users/{party.eui}", other.registration("http://127.0.0.1:9/"))

    assert refused.status_code == 422
    assert str(party.eui) in refused.json()["detail"]
    assert str(other.eui) in refused.json()["detail"]


def test_of_a_users_certificate_neither_role_nor_dates_matter(api: Api, party: Party) -> None:
    body = party.registration("http://127.0.0.1:9/")
    past = EphemeralPki.create(now=datetime(2020, 1, 1, tzinfo=UTC), lifetime=timedelta(days=1))
    old = past.service_user(party.eui).gbcs_signing
    body["signing_certificate"] = old.certificate_pem().decode()

    assert api.call("PUT", f"/users/{party.eui}", body).status_code == 204


def test_a_certificate_that_cannot_be_read_is_refused_with_the_reason(
    api: Api, party: Party, shared_data: Path
) -> None:
    body = party.registration("http://127.0.0.1:9/")
    case = shared_data.parent / "cases" / "certificates" / "07-mdr-ds.pem"
    body["signing_certificate"] = case.read_text(encoding="ascii")

    refused = api.call("PUT", f"/users/{party.eui}", body)

    assert refused.status_code == 422
    assert "ECDSA parameters are written as NULL" in refused.json()["detail"]
    assert "ExtraData" in refused.json()["detail"]


def test_a_malformed_user_id_is_refused(api: Api, party: Party) -> None:
    body = party.registration("http://127.0.0.1:9/")

    assert api.call("PUT", "/users/90B3D51F30010000", body).status_code == 422


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", f"/devices/{UNKNOWN}", {"reachable": True}),
        ("PATCH", f"/devices/{UNKNOWN}", {}),
        ("PATCH", "/devices/nobody", {"reachable": True}),
        ("DELETE", f"/devices/{UNKNOWN}", None),
        ("POST", f"/devices/{UNKNOWN}/faults", {"service_reference_variant": "11.2", "fault": "unreachable"}),
        ("GET", f"/devices/{UNKNOWN}/commands", None),
        ("PATCH", "/cpl-entries/cpl-0", {"status": "Active"}),
        ("DELETE", "/cpl-entries/cpl-0", None),
    ],
)
def test_what_is_not_known_is_404(api: Api, method: str, path: str, body: Any) -> None:
    assert api.call(method, path, body).status_code == 404


@pytest.mark.parametrize(
    "octets", [b"", b"{", b"\xff\xfe{}", b'{"device_type": "ESME"', b"[" * 100_000], ids=lambda each: each[:8]
)
def test_what_is_no_json_is_400(api: Api, octets: bytes) -> None:
    refused = api.call("POST", "/devices", data=octets)

    assert refused.status_code in {400, 422}
    assert refused.headers["content-type"] == PROBLEM


def test_a_body_that_is_too_large_is_413(stub: StubProcess) -> None:
    refused = stub.control("POST", "/devices", data=b" " * (1024 * 1024 + 1))

    assert (refused.status_code, refused.headers["content-type"]) == (413, PROBLEM)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 404),
        ("GET", "/users", 404),
        ("GET", f"/users/{UNKNOWN}", 405),
        ("PUT", "/capabilities", 405),
        ("GET", "/devices", 405),
        ("POST", f"/devices/{UNKNOWN}/commands", 405),
        ("GET", f"/devices/{UNKNOWN}/commands/1", 404),
    ],
)
def test_what_is_no_operation_is_a_problem_too(
    stub: StubProcess, method: str, path: str, status: int
) -> None:
    refused = stub.control(method, path)

    assert (refused.status_code, refused.headers["content-type"]) == (status, PROBLEM)


def test_suspensions_are_finished_before_the_answer(api: Api, stub: StubProcess, party: Party) -> None:
    meter = {**METER, "model": "a model of its own"}
    entry_id = api.call("POST", "/cpl-entries", meter).json()["cpl_entry_id"]
    devices = [Eui64.parse(api.call("POST", "/devices", meter).json()["device_id"]) for _ in range(20)]

    api.call("PATCH", f"/cpl-entries/{entry_id}", {"status": "Withdrawn"})

    for device in devices:
        shown = stub.post("serviceD", party.octets(party.inventory(device))).text
        assert "<sr:DeviceStatus>Suspended</sr:DeviceStatus>" in shown


def test_a_status_can_be_set_and_ends_a_suspension(
    api: Api, stub: StubProcess, party: Party, device_id: str
) -> None:
    for status in ("Pending", "Recovered", "InstalledNotCommissioned"):
        api.call("PATCH", f"/devices/{device_id}", {"status": status})
        shown = stub.post("serviceD", party.octets(party.inventory(Eui64.parse(device_id)))).text
        assert f"<sr:DeviceStatus>{status}</sr:DeviceStatus>" in shown
