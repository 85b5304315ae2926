"""Each trouble of a vendor's, brought about: the doctor names it, and leaves out what builds upon it."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.ledger.switches import QUESTIONS
from dsp_conformance.smki.identity import CertificateRole
from dsp_conformance.smki.pki import EphemeralPki

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.doctor.conftest import Consultation, Desk, SmallDsp

    Consult = Callable[..., Consultation]

USER = Eui64.parse("90-B3-D5-1F-30-01-00-00")
DCC = Eui64.parse("90-B3-D5-1F-30-00-00-02")
NOT_PROVEN_HERE = {"receiver", "capabilities", "response", "rejection-code", "profile"}
"""What the small DSP's testbed does not allow to be seen, or to be told, so that the doctor warns of it."""


@pytest.fixture
def refused_port() -> int:
    """A port at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def test_nothing_is_wrong_where_nothing_is(consult: Consult, desk: Desk) -> None:
    found = consult(desk.write())

    assert found.errors == found.skipped == []
    assert {name for name, one in found.by_id.items() if one.status == "warning"} == NOT_PROVEN_HERE
    assert "valid, by 90-B3-D5-1F-30-00-00-02" in found["signature"].found


def test_a_profile_that_leaves_a_switch_open_is_warned_of_with_the_question_and_the_line(
    consult: Consult, desk: Desk, small_dsp: SmallDsp
) -> None:
    desk.text += '[profile]\nsmets1 = "yes"\nresent_activation = "no"\n'
    small_dsp.told |= {"extensions": ["profile"], "profile": {"secmp0007": "no"}}

    found = consult(desk.write())["profile"]

    assert found.status == "warning"
    assert found.found == f"local_delivery is undeclared: {QUESTIONS['local_delivery']}"
    assert found.advice == (
        'Without an answer no run ends conformant: write local_delivery = "yes" or "no" in [profile].'
    )


def test_a_profile_that_the_testbed_completes_is_all_right_and_one_that_it_contradicts_is_warned_of(
    consult: Consult, desk: Desk, small_dsp: SmallDsp
) -> None:
    desk.text += '[profile]\nsmets1 = "yes"\n'
    small_dsp.told |= {"extensions": ["profile"], "profile": dict.fromkeys(QUESTIONS, "yes")}

    found = consult(desk.write())["profile"]
    assert (found.status, found.found.splitlines()[:2]) == (
        "ok",
        ["smets1 = yes (target file)", "resent_activation = yes (testbed)"],
    )

    small_dsp.told["profile"] = dict.fromkeys(QUESTIONS, "no")
    found = consult(desk.write())["profile"]
    assert found.status == "warning"
    assert found.found == "smets1 is yes in the target file, which counts, and no at the testbed"


def test_a_target_file_that_cannot_be_used_leaves_nothing_else_to_look_at(
    consult: Consult, desk: Desk
) -> None:
    desk.change("base_url", "base_uri")

    found = consult(desk.write())

    assert found.errors == ["target-file"]
    assert "did you mean 'base_url'?" in found["target-file"].found
    assert [found["schema"].status, found["keys"].status] == ["ok", "ok"]
    assert len(found.skipped) == len(found.found) - 3
    assert "'target file', which failed" in found["scenarios"].found


def test_a_schema_folder_without_a_schema(consult: Consult, desk: Desk) -> None:
    desk.text += '[schema]\nfolder = "none"\n'

    found = consult(desk.write())

    assert found.errors == ["schema"]
    assert str(desk.folder / "none") in found["schema"].found


def test_an_expired_user_certificate(consult: Consult, desk: Desk) -> None:
    old = EphemeralPki.create(now=datetime.now(UTC) - timedelta(days=400), lifetime=timedelta(days=366))
    user = old.service_user(USER, CertificateRole.SUPPLIER)
    (desk.folder / "user.pem").write_bytes(user.xml_signing.certificate_pem())
    (desk.folder / "user.key").write_bytes(user.xml_signing.private_key_pem())

    found = consult(desk.write())

    assert found.errors == []
    assert found["keys"].status == "warning"
    assert "[users[1]] certificate expired at" in found["keys"].found
    assert "Only its key is used" in found["keys"].advice


def test_a_user_certificate_of_another_role(consult: Consult, desk: Desk, pki: EphemeralPki) -> None:
    user = pki.service_user(USER, CertificateRole.SUPPLIER)
    (desk.folder / "user.pem").write_bytes(user.gbcs_signing.certificate_pem())
    (desk.folder / "user.key").write_bytes(user.gbcs_signing.private_key_pem())

    found = consult(desk.write())

    assert found.errors == []
    assert found["keys"].status == "warning"
    assert "has role 02 (SUPPLIER) in its OU instead of 87" in found["keys"].found


def test_a_certificate_that_expires_soon_is_warned_of(consult: Consult, desk: Desk) -> None:
    short = EphemeralPki.create(lifetime=timedelta(days=9, hours=1))
    user = short.service_user(USER, CertificateRole.SUPPLIER)
    (desk.folder / "user.pem").write_bytes(user.xml_signing.certificate_pem())
    (desk.folder / "user.key").write_bytes(user.xml_signing.private_key_pem())

    found = consult(desk.write())

    assert found["keys"].status == "warning"
    assert "[users[1]] certificate: expires at" in found["keys"].found
    assert "in 9 days" in found["keys"].found


def test_a_name_that_does_not_resolve(consult: Consult, desk: Desk, small_dsp: SmallDsp) -> None:
    desk.change(f'base_url = "{small_dsp.url}"', 'base_url = "http://dsp.invalid:8079"')

    found = consult(desk.write())

    assert found.errors == ["names"]
    assert "the name 'dsp.invalid' does not resolve" in found["names"].found
    assert {"connections", "services", "inventory", "rejection-code"} <= set(found.skipped)
    assert "'host names', which failed" in found["services"].found
    assert found["capabilities"].status == "warning"  # the testbed can be looked at all the same


def test_a_port_at_which_nobody_listens(
    consult: Consult, desk: Desk, small_dsp: SmallDsp, refused_port: int
) -> None:
    desk.change(f'base_url = "{small_dsp.url}"', f'base_url = "http://127.0.0.1:{refused_port}"')

    found = consult(desk.write())

    assert found.errors == ["connections"]
    assert f"(http://127.0.0.1:{refused_port}/" in found["connections"].found
    assert "refused" in found["connections"].found
    assert "services" in found.skipped


def test_a_port_that_is_silent(consult: Consult, desk: Desk, small_dsp: SmallDsp) -> None:
    with socket.socket() as full:
        full.bind(("127.0.0.1", 0))
        full.listen(0)
        port = full.getsockname()[1]
        waiting = [_started(port) for _ in range(4)]  # more than it holds for a program that takes none
        desk.change(f'base_url = "{small_dsp.url}"', f'base_url = "http://127.0.0.1:{port}"')
        desk.change("connect = 2", "connect = 0.2")

        found = consult(desk.write())

        for each in waiting:
            each.close()
    assert found.errors == ["connections"]
    assert "no TCP connection within 0.2 s, and no refusal either" in found["connections"].found


def test_a_dead_testbed(consult: Consult, desk: Desk, small_dsp: SmallDsp, refused_port: int) -> None:
    desk.change(f'url = "{small_dsp.url}/testbed/v1"', f'url = "http://127.0.0.1:{refused_port}/testbed/v1"')

    found = consult(desk.write())

    assert found.errors == ["connections"]
    assert "[testbed] url" in found["connections"].found
    assert "its address cannot be reached" in found["testbed"].found


def test_a_testbed_that_is_none(consult: Consult, desk: Desk, small_dsp: SmallDsp) -> None:
    small_dsp.told = {"hello": "world"}

    found = consult(desk.write())

    assert found.errors == ["testbed"]
    assert "not what the Testbed Control API says" in found["testbed"].found


def test_a_testbed_that_tells_of_a_dead_dsp(
    consult: Consult, desk: Desk, small_dsp: SmallDsp, refused_port: int
) -> None:
    small_dsp.told["dsp"] = {"name": "a", "version": "1", "duis_url": f"http://127.0.0.1:{refused_port}"}
    desk.change(f'base_url = "{small_dsp.url}"\n', "")

    found = consult(desk.write())

    assert found.errors == ["testbed"]
    assert f"http://127.0.0.1:{refused_port}/api/v1/serviceS" in found["testbed"].found
    assert "services" in found.skipped


def test_what_neither_target_file_nor_testbed_tells(
    consult: Consult, desk: Desk, small_dsp: SmallDsp
) -> None:
    desk.change(f'base_url = "{small_dsp.url}"\n', "")

    found = consult(desk.write())

    assert found.errors == ["testbed"]
    assert "[dsp] base_url: expected the DSP's address" in found["testbed"].found


def test_a_web_server_that_is_no_dsp(consult: Consult, desk: Desk, small_dsp: SmallDsp) -> None:
    small_dsp.page = b"<html>Welcome</html>"

    found = consult(desk.write())

    assert found.errors == ["services"]
    assert "a web page instead of application/xml" in found["services"].found
    assert "Transform service at" in found["services"].found
    assert "/api/v1/serviceS" in found["services"].advice


@pytest.mark.parametrize(
    ("ahead", "status", "direction"),
    [
        (timedelta(seconds=1), "ok", "apart"),
        (timedelta(seconds=30), "warning", "ahead of"),
        (timedelta(seconds=-30), "warning", "behind"),
        (timedelta(hours=1), "error", "ahead of"),
    ],
)
def test_a_dsp_whose_clock_is_wrong(
    consult: Consult, desk: Desk, small_dsp: SmallDsp, *, ahead: timedelta, status: str, direction: str
) -> None:
    small_dsp.ahead = ahead

    found = consult(desk.write())

    assert found["clock"].status == status
    assert direction in found["clock"].found
    assert found["inventory"].status == "ok"  # nothing is skipped on account of a clock


def test_a_receiver_port_that_is_taken(consult: Consult, desk: Desk, taken_port: int) -> None:
    desk.change('bind = "127.0.0.1:0"', f'bind = "127.0.0.1:{taken_port}"')

    found = consult(desk.write())

    assert found.errors == ["receiver"]
    assert f"'127.0.0.1:{taken_port}'" in found["receiver"].found
    assert {"public-url", "inventory", "response"} <= set(found.skipped)


def test_a_port_that_nobody_tells_the_dsp_is_warned_of(
    consult: Consult, desk: Desk, refused_port: int
) -> None:
    any_port = consult(desk.write())
    desk.change('bind = "127.0.0.1:0"', f'bind = "127.0.0.1:{refused_port}"')
    one_port = consult(desk.write())

    assert any_port["receiver"].status == "warning"
    assert "another port each time" in any_port["receiver"].found
    assert "[receiver] bind" in any_port["receiver"].advice
    assert one_port["receiver"].status == "ok"
    assert f"the DSP has to know that it is at http://127.0.0.1:{refused_port}/" in one_port["receiver"].found


def test_a_public_url_at_which_nobody_listens(consult: Consult, desk: Desk, refused_port: int) -> None:
    desk.change("[timeouts]", f'public_url = "http://127.0.0.1:{refused_port}/duis"\n[timeouts]')

    found = consult(desk.write())

    assert found.errors == ["public-url"]
    assert f"http://127.0.0.1:{refused_port}/duis: nothing is reached there" in found["public-url"].found
    assert found.skipped == ["response"]


def test_a_public_url_that_leads_to_something_else(consult: Consult, desk: Desk, small_dsp: SmallDsp) -> None:
    desk.change("[timeouts]", f'public_url = "{small_dsp.url}/elsewhere"\n[timeouts]')
    desk.change("connect = 2", "connect = 0.2")

    found = consult(desk.write())

    assert found.errors == ["public-url"]
    assert "something else answers there (HTTP 200), the receiver got nothing" in found["public-url"].found


@pytest.mark.parametrize("code", ["E1", "E2", "E3", "E4"])
def test_a_service_user_that_the_dsp_does_not_let_in(
    consult: Consult, desk: Desk, small_dsp: SmallDsp, code: str
) -> None:
    small_dsp.code = ResponseCode(code)

    found = consult(desk.write())

    assert found.errors == ["inventory"]
    assert "does not let the Service User 90-B3-D5-1F-30-01-00-00 in" in found["inventory"].found
    assert f"found {code} (" in found["inventory"].found
    assert "[[users]]" in found["inventory"].advice


def test_a_wrong_signing_certificate_of_the_dsp(consult: Consult, desk: Desk, small_dsp: SmallDsp) -> None:
    small_dsp.signing = EphemeralPki.create().dsp(DCC).xml_signing

    found = consult(desk.write())

    assert found.errors == ["signature"]
    assert "signing certificate unknown" in found["signature"].found
    assert "[dsp] signing_certificates" in found["signature"].advice


def test_an_unsigned_rejection_shows_nothing_of_certificates(
    consult: Consult, desk: Desk, small_dsp: SmallDsp
) -> None:
    small_dsp.signing = None

    found = consult(desk.write())

    assert found.errors == []
    assert found["signature"].status == "warning"


def test_a_testbed_that_provides_no_device_leaves_the_rejection_code_unseen(
    consult: Consult, desk: Desk
) -> None:
    found = consult(desk.write())

    assert found["rejection-code"].status == found["response"].status == "warning"
    assert "the testbed cannot suspend a Device" in found["rejection-code"].found
    assert "E51" in found["rejection-code"].advice


LISTED = "00-DB-12-34-56-78-90-A0"


def test_a_listed_device_that_the_dsp_does_not_have(
    consult: Consult, desk: Desk, small_dsp: SmallDsp
) -> None:
    (desk.folder / "devices.csv").write_text(
        "device_id,device_type,status,manufacturer,model,firmware_version,cpl_status\n"
        f"{LISTED},ESME,Commissioned,106C,0000ABCD,0123ABCD,Active\n",
        encoding="utf-8",
    )
    desk.change(
        f'driver = "control-api"\nurl = "{small_dsp.url}/testbed/v1"',
        'driver = "provisioned"\ndevices = "devices.csv"',
    )

    found = consult(desk.write())

    assert "inventory" in found.errors
    assert f"does not show {LISTED}, the first in the testbed's list" in found["inventory"].found


def test_a_list_that_changes_nothing_is_not_said_to_have_something(consult: Consult, desk: Desk) -> None:
    (desk.folder / "devices.csv").write_text("device_id,device_type,status\n", encoding="utf-8")
    desk.text = desk.text.replace('driver = "control-api"', 'driver = "provisioned"\ndevices = "devices.csv"')
    desk.text = "\n".join(line for line in desk.text.splitlines() if not line.startswith("url = "))

    found = consult(desk.write())

    assert found["capabilities"].status == "warning"
    assert "it has none of the capabilities" in found["capabilities"].found


def test_a_target_file_without_an_address_is_not_taken_for_the_bundled_stub(
    consult: Consult, tmp_path: Path
) -> None:
    program = tmp_path / "testbed.py"
    program.write_text("#!/bin/sh\nexit 11\n", encoding="utf-8")
    program.chmod(0o755)
    file = tmp_path / "target.toml"
    file.write_text('[testbed]\ndriver = "command"\ncommand = ["./testbed.py"]\n', encoding="utf-8")

    found = consult(file)

    for check in ("names", "connections", "tls"):
        assert found[check].status == "ok"
        assert "the target file names no address" in found[check].found


def test_e5_where_e51_is_declared(consult: Consult, stub_url: str, tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_text(f'[testbed]\ndriver = "control-api"\nurl = "{stub_url}"\n', encoding="utf-8")

    found = consult(file)

    assert found.errors == ["rejection-code"]
    assert "with E5 " in found["rejection-code"].found
    assert "declares E51" in found["rejection-code"].found
    assert 'rejection_code = "E5"' in found["rejection-code"].advice
    assert found["response"].found.startswith("a response came after")
    assert consult(file, rejection_code="E5").errors == []


def _started(port: int) -> socket.socket:
    """Begin a connection without waiting for it."""
    begun = socket.socket()
    begun.setblocking(False)
    begun.connect_ex(("127.0.0.1", port))
    return begun
