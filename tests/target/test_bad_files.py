"""Each field of the target file wrong in turn: each time the one problem, at its place, with its way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dsp_conformance.target import TargetError, TargetProblem, load_target
from dsp_conformance.target.testbed_form import DRIVERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.target.conftest import Written


def _refused(file: Path) -> TargetError:
    with pytest.raises(TargetError) as caught:
        load_target(file)
    assert caught.value.path == file
    assert str(file) in str(caught.value)
    return caught.value


def _only_problem(file: Path) -> TargetProblem:
    error = _refused(file)
    assert len(error.problems) == 1, str(error)
    assert str(error.problems[0]) in str(error)
    return error.problems[0]


WRONG_VALUES = {
    "name": ('"ACME DSP"', '""', "dsp", "name", "name"),
    "name-type": ('"ACME DSP"', "7", "dsp", "name", "name"),
    "version-type": ('"7.1"', "7.1", "dsp", "version", "version"),
    "base_url": ('"http://dsp.example:8079/"', '"dsp.example:8079"', "dsp", "base_url", "http"),
    "base_url-type": ('"http://dsp.example:8079/"', "8079", "dsp", "base_url", "http"),
    "base_url-port": ('"http://dsp.example:8079/"', '"http://dsp:99999"', "dsp", "base_url", "http"),
    "base_url-no-port": ('"http://dsp.example:8079/"', '"http://dsp:0"', "dsp", "base_url", "http"),
    "base_url-login": ('"http://dsp.example:8079/"', '"http://u:p@dsp"', "dsp", "base_url", "http"),
    "base_url-empty": ('"http://dsp.example:8079/"', '""', "dsp", "base_url", "http"),
    "dcc_id": ('"90-b3-d5-1f-30-00-00-02"', '"90-b3-d5"', "dsp", "dcc_id", "EUI-64"),
    "dcc_id-type": ('"90-b3-d5-1f-30-00-00-02"', "90", "dsp", "dcc_id", "EUI-64"),
    "signing_certificates-type": (
        '["pki/dsp.pem"]',
        '"pki/dsp.pem"',
        "dsp",
        "signing_certificates",
        "list",
    ),
    "signing_certificates-empty": ('["pki/dsp.pem"]', "[]", "dsp", "signing_certificates", "one item"),
    "signing_certificates-item": (
        '["pki/dsp.pem"]',
        '["pki/dsp.pem", 7]',
        "dsp",
        "signing_certificates[2]",
        "path",
    ),
    "eui": ('eui = "90-B3-D5-1F-30-01-00-00"', 'eui = "me"', "users[1]", "eui", "EUI-64"),
    "roles-type": ('["IS", "GS"]', '"IS"', "users[1]", "roles", "user roles"),
    "roles-empty": ('["IS", "GS"]', "[]", "users[1]", "roles", "user roles"),
    "roles-item": ('["IS", "GS"]', '["IS", 3]', "users[1]", "roles[2]", "user roles"),
    "certificate-type": ('"pki/xml.pem"', "1", "users[1]", "certificate", "certificate"),
    "key-type": ('"pki/xml.key"', "true", "users[1]", "key", "private key"),
    "key-nul": ('"pki/xml.key"', r'"a\u0000b"', "users[1]", "key", "private key"),
    "password": ('"DSP_TEST_KEY_PASSWORD"', '"open sesame"', "users[1]", "key_password_env", "environment"),
    "gbcs_signing_certificate": ('"pki/signing.pem"', "1", "users[1]", "gbcs_signing_certificate", "path"),
    "gbcs_signing_key": ('"pki/signing.key"', "1", "users[1]", "gbcs_signing_key", "path"),
    "agreement_certificate": (
        '"pki/agreement.pem"',
        "1",
        "users[1]",
        "gbcs_key_agreement_certificate",
        "path",
    ),
    "agreement_key": ('"pki/agreement.key"', "1", "users[1]", "gbcs_key_agreement_key", "path"),
    "bind": ('"[::1]:8123"', '"127.0.0.1"', "receiver", "bind", "host:port"),
    "bind-port": ('"[::1]:8123"', '"127.0.0.1:70000"', "receiver", "bind", "host:port"),
    "bind-type": ('"[::1]:8123"', "8123", "receiver", "bind", "host:port"),
    "public_url": ('"http://receiver.example/duis"', '"receiver"', "receiver", "public_url", "http"),
    "testbed-url": (
        '"http://dsp.example:8090/testbed/v1/"',
        '"ftp://dsp.example"',
        "testbed",
        "url",
        "Testbed Control API",
    ),
    "driver-type": ('"control-api"', "1", "testbed", "driver", "'control-api'"),
    "token": ('"DSP_TEST_TOKEN"', '"s3cret token"', "testbed", "token_env", "environment"),
    "connect": ("connect = 1", "connect = 0", "timeouts", "connect", "seconds"),
    "connect-text": ("connect = 1", 'connect = "1"', "timeouts", "connect", "seconds"),
    "answer": ("answer = 2.5", "answer = nan", "timeouts", "answer", "seconds"),
    "response": ("response = 30", "response = inf", "timeouts", "response", "seconds"),
    "response-bool": ("response = 30", "response = true", "timeouts", "response", "seconds"),
    "limit": ("1048576", "12", "limits", "max_message_size", "octets"),
    "limit-type": ("1048576", "1048576.5", "limits", "max_message_size", "octets"),
    "rejection_code": ('"E5"', '"E18"', "profile", "rejection_code", "response code"),
    "rejection_code-type": ('"E5"', "5", "profile", "rejection_code", "response code"),
    "settle_seconds": ("settle_seconds = 7", "settle_seconds = -7", "profile", "settle_seconds", "seconds"),
    "silence_seconds": ("silence_seconds = 0.5", 'silence_seconds = ""', "profile", "silence_seconds", "sec"),
    "assumed": ('"enforce"', "true", "profile", "assumed", "'enforce'"),
    "duis_version": ('"5.3"', "5.3", "profile", "duis_version", "'5.4'"),
    "duis_version-text": ('"5.3"', '"five"', "profile", "duis_version", "'5.4'"),
    "smets1": ('smets1 = "yes"', "smets1 = true", "profile", "smets1", "'undeclared'"),
    "resent_activation": ('activation = "no"', "activation = 0", "profile", "resent_activation", "'yes'"),
    "secmp0007": ('secmp0007 = "undeclared"', 'secmp0007 = "?"', "profile", "secmp0007", "'yes'"),
    "local_delivery": (
        'secmp0007 = "un',
        'local_delivery = []\nsecmp0007 = "un',
        "profile",
        "local_delivery",
        "no",
    ),
}


@pytest.mark.parametrize("case", WRONG_VALUES)
def test_a_wrong_value_is_told_by_section_key_and_expectation(case: str, written: Written) -> None:
    old, new, section, key, expected = WRONG_VALUES[case]

    problem = _only_problem(written.with_change(old, new))

    assert (problem.section, problem.key) == (section, key)
    assert expected in problem.expected


@pytest.mark.parametrize(
    ("line", "section", "key"),
    [
        ('eui = "90-B3-D5-1F-30-01-00-00"\n', "users[1]", "eui"),
        ('roles = ["IS", "GS"]\n', "users[1]", "roles"),
        ('certificate = "pki/xml.pem"\n', "users[1]", "certificate"),
        ('key = "pki/xml.key"\n', "users[1]", "key"),
        ('driver = "control-api"\n', "testbed", "driver"),
        ('url = "http://dsp.example:8090/testbed/v1/"\n', "testbed", "url"),
    ],
)
def test_a_key_that_has_to_be_there_and_is_not(line: str, section: str, key: str, written: Written) -> None:
    problem = _only_problem(written.with_change(f"\n{line}", "\n"))

    assert (problem.section, problem.key, problem.found) == (section, key, "nothing")


@pytest.mark.parametrize(
    ("old", "new", "section", "key", "nearest"),
    [
        ("base_url =", "base_uri =", "dsp", "base_uri", "base_url"),
        ("gbcs_signing_key =", "gbcs_sign_key =", "users[1]", "gbcs_sign_key", "gbcs_signing_key"),
        ("public_url", "pubic_url", "receiver", "pubic_url", "public_url"),
        ("token_env", "token-env", "testbed", "token-env", "token_env"),
        ("answer =", "answers =", "timeouts", "answers", "answer"),
        ("max_message_size", "Max_Message_Size", "limits", "Max_Message_Size", "max_message_size"),
        ("silence_seconds", "silence_second", "profile", "silence_second", "silence_seconds"),
        ("silence_seconds", "zzz", "profile", "zzz", ""),
        ("[limits]", "[limit]", "limit", "", "limits"),
        ("[limits]", "[whatever]", "whatever", "", ""),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_that_there_is(
    old: str, new: str, section: str, key: str, nearest: str, written: Written
) -> None:
    problem = _only_problem(written.with_change(old, new))

    assert (problem.section, problem.key, problem.nearest) == (section, key, nearest)
    assert (f"did you mean {nearest!r}" in str(problem)) is bool(nearest)


@pytest.mark.parametrize(
    ("old", "new", "nearest"),
    [
        ('"control-api"', '"controlapi"', "control-api"),
        ('["IS", "GS"]', '["IS", "gs"]', "GS"),
        ('"E5"', '"e5"', "E5"),
        ('"enforce"', '"enforced"', "enforce"),
        ('smets1 = "yes"', 'smets1 = "Yes"', "yes"),
    ],
)
def test_a_misspelt_value_is_told_with_the_nearest_that_there_is(
    old: str, new: str, nearest: str, written: Written
) -> None:
    assert _only_problem(written.with_change(old, new)).nearest == nearest


def test_a_driver_that_there_is_not_is_told_with_those_there_are(written: Written) -> None:
    problem = _only_problem(written.with_change('"control-api"', '"carrier pigeon"'))

    assert (problem.section, problem.key) == ("testbed", "driver")
    assert all(repr(each) in problem.expected for each in DRIVERS)


_WRONG_FOR_A_DRIVER = {
    "devices": ("provisioned", "", "devices", "list of Devices"),
    "devices-type": ("provisioned", "devices = 7", "devices", "list of Devices"),
    "command": ("command", "", "command", "program"),
    "command-text": ("command", 'command = "./testbed.py"', "command", "list of texts"),
    "command-empty": ("command", "command = []", "command", "program"),
    "command-item": ("command", 'command = ["./testbed.py", 7]', "command[2]", "texts"),
    "timeout": ("command", 'command = ["x"]\ntimeout = 0', "timeout", "seconds"),
    "one_at_a_time": ("command", 'command = ["x"]\none_at_a_time = "no"', "one_at_a_time", "true"),
    "capabilities": ("manual", 'capabilities = "edit-cpl"', "capabilities", "edit-cpl"),
    "capabilities-item": (
        "manual",
        'capabilities = ["edit-cpl", "observe-device"]',
        "capabilities[2]",
        "set-status",
    ),
}


@pytest.mark.parametrize("case", _WRONG_FOR_A_DRIVER)
def test_each_driver_has_its_own_keys_and_each_wrong_one_is_told(
    case: str, write: Callable[[str], Path]
) -> None:
    driver, rest, key, expected = _WRONG_FOR_A_DRIVER[case]

    problem = _only_problem(write(f'[testbed]\ndriver = "{driver}"\n{rest}\n'))

    assert (problem.section, problem.key) == ("testbed", key)
    assert expected in problem.expected
    assert (problem.found == "nothing") is (not rest)


@pytest.mark.parametrize(
    ("driver", "rest", "key", "owner"),
    [
        ("manual", 'url = "http://127.0.0.1:1"', "url", "control-api"),
        ("command", 'command = ["x"]\ndevices = "d.csv"', "devices", "provisioned"),
        ("control-api", 'url = "http://127.0.0.1:1"\ntimeout = 3', "timeout", "command"),
        ("provisioned", 'devices = "d.csv"\ncapabilities = []', "capabilities", "manual"),
    ],
)
def test_a_key_of_another_driver_is_told_with_its_owner(
    driver: str, rest: str, key: str, owner: str, write: Callable[[str], Path]
) -> None:
    problem = _only_problem(write(f'[testbed]\ndriver = "{driver}"\n{rest}\n'))

    assert (problem.section, problem.key) == ("testbed", key)
    assert repr(owner) in problem.hint


@pytest.mark.parametrize("text", ["testbed = 7\n", "[[testbed]]\ndriver = 'manual'\n", "[testbed]\n"])
def test_a_testbed_section_without_a_driver_is_told(text: str, write: Callable[[str], Path]) -> None:
    problem = _only_problem(write(text))

    assert problem.section == "testbed"
    assert problem.key in {"", "driver"}


@pytest.mark.parametrize(
    ("old", "new", "section"),
    [
        ("[receiver]", "[dsp.tls]\n[receiver]", "dsp"),
        ("[[users]]", "[users]", "users"),
        ("[receiver]", "[[receiver]]", "receiver"),
    ],
)
def test_a_section_of_the_wrong_shape(old: str, new: str, section: str, written: Written) -> None:
    assert all(each.section.startswith(section) for each in _refused(written.with_change(old, new)).problems)


def test_a_file_without_testbed_needs_one(write: Callable[[str], Path]) -> None:
    problem = _only_problem(write("[receiver]\n"))

    assert (problem.section, problem.key, problem.found) == ("testbed", "", "nothing")


def test_everything_wrong_is_told_at_once(written: Written) -> None:
    text = written.text
    for old, new in (("base_url", "base_uri"), ('"enforce"', '"maybe"'), ("connect = 1", "connect = 0")):
        text = text.replace(old, new)
    written.file.write_text(text, encoding="utf-8")

    error = _refused(written.file)

    assert [each.key for each in error.problems] == ["base_uri", "connect", "assumed"]
    assert "3 problems" in str(error)


MISNAMED_FILES = {
    "absent certificate": ('"pki/xml.pem"', '"pki/none.pem"', "users[1]", "certificate"),
    "absent key": ('"pki/xml.key"', '"pki/none.key"', "users[1]", "key"),
    "a folder for a key": ('"pki/signing.key"', '"pki"', "users[1]", "gbcs_signing_key"),
    "a key for a certificate": ('"pki/xml.pem"', '"pki/signing.key"', "users[1]", "certificate"),
    "a certificate for a key": ('"pki/xml.key"', '"pki/xml.pem"', "users[1]", "key"),
    "somebody else's key": ('"pki/xml.key"', '"pki/device.key"', "users[1]", "key"),
    "a certificate of another party": (
        '"pki/signing.pem"',
        '"pki/other.pem"',
        "users[1]",
        "gbcs_signing_certificate",
    ),
    "a certificate for another use": (
        '"pki/agreement.pem"',
        '"pki/signing.pem"',
        "users[1]",
        "gbcs_key_agreement_certificate",
    ),
    "no certificate of a DSP": ('"pki/dsp.pem"', '"pki/xml.pem"', "dsp", "signing_certificates[1]"),
    "absent certificate of the DSP": (
        '"pki/dsp.pem"',
        '"pki/dsp.pem", "pki/none.pem"',
        "dsp",
        "signing_certificates[2]",
    ),
}


@pytest.mark.parametrize("case", MISNAMED_FILES)
def test_a_file_that_is_not_what_it_is_named_for(case: str, written: Written) -> None:
    old, new, section, key = MISNAMED_FILES[case]

    problem = _only_problem(written.with_change(old, new))

    assert (problem.section, problem.key) == (section, key)
    assert str(written.folder / "pki") in problem.found
    assert problem.hint


@pytest.mark.parametrize("name", ["xml.pem", "xml.key", "dsp.pem"])
def test_a_missing_file_is_looked_for_beside_the_target_file(name: str, written: Written) -> None:
    problem = _only_problem(written.with_change(f'"pki/{name}"', '"pki/none"'))

    assert "target file's folder" in problem.hint


def test_half_a_credential_is_told_by_the_missing_half(written: Written) -> None:
    problem = _only_problem(written.with_change('gbcs_signing_key = "pki/signing.key"\n', ""))

    assert (problem.section, problem.key) == ("users[1]", "gbcs_signing_key")
    assert "gbcs_signing_certificate" in problem.expected


def test_a_wrong_password_is_told_by_its_variable_and_not_shown(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSP_TEST_KEY_PASSWORD", "tr0ub4dor")

    error = _refused(written.unchanged())

    assert [each.key for each in error.problems] == ["key_password_env"]
    assert "tr0ub4dor" not in str(error)


def test_an_encrypted_key_without_a_password_asks_for_its_variable(written: Written) -> None:
    problem = _only_problem(written.with_change('key_password_env = "DSP_TEST_KEY_PASSWORD"\n', ""))

    assert problem.key == "key_password_env"


@pytest.mark.parametrize(
    ("variable", "section", "key"),
    [
        ("DSP_TEST_KEY_PASSWORD", "users[1]", "key_password_env"),
        ("DSP_TEST_TOKEN", "testbed", "token_env"),
    ],
)
@pytest.mark.parametrize("value", [None, ""])
def test_a_secret_that_the_environment_does_not_hold(
    value: str | None,
    variable: str,
    section: str,
    key: str,
    written: Written,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if value is None:
        monkeypatch.delenv(variable)
    else:
        monkeypatch.setenv(variable, value)

    problem = _only_problem(written.unchanged())

    assert (problem.section, problem.key) == (section, key)
    assert variable in problem.expected


def test_a_token_that_no_header_can_carry_is_not_shown(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DSP_TEST_TOKEN", "two words")

    problem = _only_problem(written.unchanged())

    assert problem.key == "token_env"
    assert "two words" not in str(problem)


def test_a_user_given_twice(written: Written) -> None:
    start, end = written.text.index("[[users]]"), written.text.index("[receiver]")
    again = written.text[start:end].replace("90-B3-D5", "90-b3-d5")
    written.file.write_text(written.text[:end] + again + written.text[end:], encoding="utf-8")

    problem = _only_problem(written.file)

    assert (problem.section, problem.key) == ("users[2]", "eui")
    assert "users[1]" in problem.found


def test_two_ways_to_say_where_the_services_are(written: Written) -> None:
    problem = _only_problem(written.with_change("dcc_id", 'transform_url = "http://a"\ndcc_id'))

    assert (problem.section, problem.key, problem.found) == ("dsp", "base_url", "both")


def test_one_service_address_wants_the_others(written: Written) -> None:
    error = _refused(written.with_change("base_url", "transform_url"))

    assert [each.key for each in error.problems] == ["send_command_url", "non_device_url"]


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]"])
def test_listening_everywhere_wants_an_address_to_tell_the_dsp(host: str, written: Written) -> None:
    text = written.text.replace('public_url = "http://receiver.example/duis"\n', "")
    written.file.write_text(text.replace("[::1]", host), encoding="utf-8")

    problem = _only_problem(written.file)

    assert (problem.section, problem.key) == ("receiver", "public_url")


@pytest.mark.parametrize("folder", ["none", "pki", "pki/xml.pem"])
def test_a_schema_folder_that_holds_no_schema(folder: str, written: Written) -> None:
    problem = _only_problem(written.with_change("[limits]", f'[schema]\nfolder = "{folder}"\n[limits]'))

    assert (problem.section, problem.key) == ("schema", "folder")
    assert str(written.folder / folder) in problem.found


@pytest.mark.parametrize(
    ("octets", "found"),
    [
        (b"[dsp\n", "line 1"),
        (b"[dsp]\nname = ACME\n", "line 2"),
        (b"[dsp]\n[dsp]\n", "dsp"),
        (b"\xff\xfe", "offset 0"),
        (b"#" * (1 << 20) + b"##", "more than"),
    ],
)
def test_a_file_that_is_no_toml(octets: bytes, found: str, tmp_path: Path) -> None:
    file = tmp_path / "target.toml"
    file.write_bytes(octets)

    problem = _only_problem(file)

    assert (problem.section, problem.key) == ("", "")
    assert found in problem.found


def test_no_file_at_all(tmp_path: Path) -> None:
    assert _only_problem(tmp_path / "none.toml").found == "nothing at this path"
    assert _only_problem(tmp_path).found == "something else"


def test_a_problem_reads_as_section_key_expectation_and_way_out() -> None:
    problem = TargetProblem("dsp", "base_uri", "one of the keys", "another", "base_url", "Mend it.")

    assert str(problem).splitlines() == [
        "[dsp] base_uri: expected one of the keys, found another",
        "    did you mean 'base_url'?",
        "    Mend it.",
    ]
