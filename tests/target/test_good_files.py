from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsp_conformance.base.eui64 import Eui64
from dsp_conformance.duis.response_codes import ResponseCode
from dsp_conformance.duis.schema import DuisSchema
from dsp_conformance.duis.terms import Service, UserRole
from dsp_conformance.smki.identity import CertificateRole
from dsp_conformance.target import Profile, Target, TargetError, load_target
from dsp_conformance.testbed import Capability, DspIdentity
from dsp_conformance.testbed.settings import ControlApiSettings
from dsp_conformance.user.receiver_settings import ReceiverSettings
from dsp_conformance.user.transport import Timeouts

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.target.conftest import Written

LEAST = """
[testbed]
driver = "control-api"
url = "http://127.0.0.1:8090/testbed/v1"
"""
CAN_REGISTER = frozenset({Capability.REGISTER_USER})


def test_a_file_as_windows_editors_write_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_bytes(b"\xef\xbb\xbf" + LEAST.replace("\n", "\r\n").encode())

    assert isinstance(load_target(file).testbed, ControlApiSettings)


def test_a_whole_file_says_everything(written: Written) -> None:
    target = load_target(written.unchanged())

    assert (target.dsp.name, target.dsp.version) == ("ACME DSP", "7.1")
    assert target.dsp.dcc_id == Eui64.parse("90-B3-D5-1F-30-00-00-02")
    assert target.dsp.endpoints is not None
    assert {service: target.dsp.endpoints.url_of(service) for service in Service} == {
        Service.SEND_COMMAND: "http://dsp.example:8079/api/v1/serviceS",
        Service.NON_DEVICE: "http://dsp.example:8079/api/v1/serviceD",
        Service.TRANSFORM: "http://dsp.example:8079/api/v1/serviceT",
    }
    assert len(target.dsp.signing_certificates) == 1
    (user,) = target.users
    assert user.eui == Eui64.parse("90-B3-D5-1F-30-01-00-00")
    assert user.roles == {UserRole.IS, UserRole.GS}
    assert user.xml_signing.identity.role == CertificateRole.USER_XML_SIGNING
    assert user.gbcs_signing is not None
    assert user.gbcs_key_agreement is not None
    assert user.gbcs_signing != user.gbcs_key_agreement
    assert target.receiver == ReceiverSettings("::1", 8123, "http://receiver.example/duis", 1_048_576)
    assert isinstance(target.testbed, ControlApiSettings)
    assert (target.testbed.url, target.testbed.token) == (
        "http://dsp.example:8090/testbed/v1",
        "s3cret-token",
    )
    assert target.timeouts == Timeouts(1.0, 2.5, 30.0)
    assert target.max_message_size == 1_048_576
    assert target.profile == Profile(ResponseCode.E5, 7.0, 0.5, True, "5.3", True, False, None, None)
    assert target.schema is DuisSchema.bundled()


def test_everything_but_the_testbed_may_be_left_out(write: Callable[[str], Path]) -> None:
    target = load_target(write(LEAST))

    assert target.users == ()
    assert target.dsp.endpoints is None
    assert target.receiver == ReceiverSettings()
    assert target.timeouts == Timeouts()
    assert target.profile == Profile(ResponseCode.E51, 5.0, 10.0, False, "5.4", None, None, None, None)
    assert isinstance(target.testbed, ControlApiSettings)
    assert target.testbed.token is None


def test_services_may_have_addresses_of_their_own(write: Callable[[str], Path]) -> None:
    urls = {"send_command_url": "http://a/s", "non_device_url": "https://b:1/d", "transform_url": "http://c"}
    lines = "\n".join(f'{key} = "{url}"' for key, url in urls.items())

    endpoints = load_target(write(f"[dsp]\n{lines}\n{LEAST}")).dsp.endpoints

    assert endpoints is not None
    assert (endpoints.send_command, endpoints.non_device, endpoints.transform) == tuple(urls.values())


def test_paths_are_relative_to_the_target_file_wherever_the_program_was_started(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = written.unchanged()
    monkeypatch.chdir(tmp_path)

    assert load_target(file).users


def test_secrets_are_in_no_rendering(written: Written) -> None:
    target = load_target(written.unchanged())

    assert "s3cret" not in repr(target)
    assert "PRIVATE" not in repr(target)


def test_a_folder_of_official_files_replaces_the_bundled_schema(
    write: Callable[[str], Path], shared_data: Path
) -> None:
    folder = shared_data / "duis-schema-5.4"

    target = load_target(write(f"[schema]\nfolder = '{folder}'\n{LEAST}"))

    assert str(folder) in target.schema.origin


def test_the_bundled_stub_is_waited_for_a_second_only() -> None:
    target = Target.bundled_stub(before_mp105=True)

    assert target.before_mp105
    assert (target.path, target.testbed) == (None, None)
    assert (target.profile.silence_seconds, target.profile.settle_seconds) == (1.0, 5.0)
    assert not Target.bundled_stub().before_mp105


def test_a_profile_is_echoed_by_the_keys_of_the_file(written: Written) -> None:
    assert load_target(written.unchanged()).profile.declared == {
        "rejection_code": "E5",
        "settle_seconds": "7",
        "silence_seconds": "0.5",
        "assumed": "enforce",
        "duis_version": "5.3",
        "smets1": True,
        "resent_activation": False,
        "secmp0007": None,
        "local_delivery": None,
    }


def test_what_the_file_leaves_out_the_testbed_tells(write: Callable[[str], Path], written: Written) -> None:
    whole = load_target(written.unchanged())
    told = DspIdentity("other", "9", Eui64(bytes(8)), "http://told.example", whole.dsp.signing_certificates)

    dsp = load_target(write(LEAST)).completed_by(told, CAN_REGISTER)

    assert (dsp.name, dsp.version, dsp.dcc_id) == ("other", "9", Eui64(bytes(8)))
    assert dsp.endpoints.transform == "http://told.example/api/v1/serviceT"
    assert dsp.signing_certificates == whole.dsp.signing_certificates


def test_what_the_file_says_goes_before_what_the_testbed_tells(written: Written) -> None:
    told = DspIdentity("other", "9", Eui64(bytes(8)), "http://told.example")

    dsp = load_target(written.unchanged()).completed_by(told, frozenset())

    assert (dsp.name, dsp.version) == ("ACME DSP", "7.1")
    assert dsp.dcc_id == Eui64.parse("90-B3-D5-1F-30-00-00-02")
    assert dsp.endpoints.transform == "http://dsp.example:8079/api/v1/serviceT"


def test_a_switch_that_the_file_leaves_undeclared_is_the_testbeds_to_declare(written: Written) -> None:
    target = load_target(written.unchanged())
    told = {"smets1": False, "resent_activation": False, "secmp0007": True}

    whole = target.profile.completed_by(told)

    assert target.profile.switches == {
        "smets1": True,
        "resent_activation": False,
        "secmp0007": None,
        "local_delivery": None,
    }
    assert whole.switches == target.profile.switches | {"secmp0007": True}
    assert whole.rejection_code is target.profile.rejection_code
    assert target.profile.completed_by({}) == target.profile
    assert target.profile.contradictions(told) == (
        "smets1 is yes in the target file, which counts, and no at the testbed",
    )
    assert target.origins(told) == {
        "smets1": "target file",
        "resent_activation": "target file",
        "secmp0007": "testbed",
    }
    assert set(Target.bundled_stub().origins({}).values()) == {"suite"}


def test_what_neither_says_is_told_all_at_once(write: Callable[[str], Path]) -> None:
    with pytest.raises(TargetError) as caught:
        load_target(write(LEAST)).completed_by(DspIdentity("d", "1"), frozenset())

    assert [(each.section, each.key) for each in caught.value.problems] == [
        ("dsp", "base_url"),
        ("dsp", "dcc_id"),
        ("dsp", "signing_certificates"),
        ("users", ""),
    ]
