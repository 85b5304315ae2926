"""What each key of a target file is for, with an example: for the template, the reference and editors.

What a value has to look like says the form; both stand side by side wherever a key is explained.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from dsp_conformance.ledger.switches import QUESTIONS
from dsp_conformance.target import form, testbed_form, tls_form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import BaseModel

__all__ = ["EXPLAINED", "Explained", "forms"]


@dataclass(frozen=True, slots=True)
class Explained:
    """One key.

    Attributes:
        meaning: what it is for, in one sentence or two.
        example: a value as it might stand in the file; None where the default says enough.
    """

    meaning: str
    example: object = None


def forms() -> dict[str, type[BaseModel]]:
    """Every section's form by the section's name; those of the drivers are called "testbed (DRIVER)"."""
    found: dict[str, type[BaseModel]] = {}
    for name, section in form.SECTIONS.items():
        if name == "testbed":
            found |= {f"testbed ({driver})": one for driver, one in testbed_form.DRIVERS.items()}
        else:
            found[name] = section
    return found


_TLS_PASSWORD: Final = Explained(
    "Opens an encrypted key. The password itself never stands in the file.", "TLS_KEY_PASSWORD"
)
_DRIVER: Final = "Which driver brings the DSP into the states that scenarios need (docs/testbed-drivers.md)."

EXPLAINED: Final[Mapping[type[BaseModel], Mapping[str, Explained]]] = MappingProxyType(
    {
        form.DspForm: {
            "name": Explained("What reports call the product.", "ACME DSP"),
            "version": Explained("The version or build that reports are about.", "7.1"),
            "base_url": Explained(
                "Where the DSP is, if its services are at /api/v1/serviceS, serviceD and serviceT below it; "
                "in place of the three service URLs.",
                "http://127.0.0.1:8079",
            ),
            "send_command_url": Explained(
                "The Send Command service, for Command Variants 1, 3, 5 and 7.",
                "http://127.0.0.1:8079/api/v1/serviceS",
            ),
            "non_device_url": Explained(
                "The Non-Device service, for Command Variants 2, 6 and 8.",
                "http://127.0.0.1:8079/api/v1/serviceD",
            ),
            "transform_url": Explained(
                "The Transform service, for Command Variant 4.", "http://127.0.0.1:8079/api/v1/serviceT"
            ),
            "dcc_id": Explained(
                "The DCC's own ID, to which non-device requests are addressed.", "90-B3-D5-1F-30-00-00-02"
            ),
            "signing_certificates": Explained(
                "The certificates with which the DSP signs its messages.", ["pki/dsp-xml-signing.pem"]
            ),
        },
        form.UserForm: {
            "eui": Explained("The Service User's ID, as the DSP knows it.", "90-B3-D5-1F-30-01-00-00"),
            "roles": Explained("The user roles that it holds at the DSP.", ["IS", "ES", "GS"]),
            "certificate": Explained(
                "The certificate that the DSP checks its XML signatures with.", "pki/user-xml-signing.pem"
            ),
            "key": Explained("The private key of that certificate.", "pki/user-xml-signing.key"),
            "key_password_env": Explained(
                "Opens the private keys where they are encrypted. The password never stands in the file.",
                "USER_KEY_PASSWORD",
            ),
            "gbcs_signing_certificate": Explained(
                "The certificate that Pre-Commands are signed with; without it no critical request is sent.",
                "pki/user-gbcs-signing.pem",
            ),
            "gbcs_signing_key": Explained(
                "The private key of that certificate.", "pki/user-gbcs-signing.key"
            ),
            "gbcs_key_agreement_certificate": Explained(
                "The certificate that Devices compute the MACs of their responses for; without it these MACs "
                "are not checked.",
                "pki/user-gbcs-key-agreement.pem",
            ),
            "gbcs_key_agreement_key": Explained(
                "The private key of that certificate.", "pki/user-gbcs-key-agreement.key"
            ),
            "receive_path": Explained(
                "Where the DSP posts this user's messages, and no other's. Without it, a user whom the"
                " testbed registers gets a path of its own; for any other, each path is fine that is no"
                " other user's.",
                "/responses/supplier",
            ),
        },
        form.ReceiverForm: {
            "bind": Explained("The address and port of this machine that the suite listens at."),
            "public_url": Explained(
                "The address that the DSP is told, where it is another than the one listened at.",
                "http://tester.example:8123/",
            ),
            "path": Explained(
                "The only path at which messages are taken. Without it they are taken at any, as a proxy may "
                "change it, and those at another than the public URL's are counted.",
                "/responses",
            ),
            "tls": Explained("Makes the receiver an https server."),
        },
        tls_form.ReceiverTlsForm: {
            "certificate": Explained(
                "The receiver's certificate, for the host that the DSP posts to.", "pki/receiver.pem"
            ),
            "key": Explained("The private key of that certificate.", "pki/receiver.key"),
            "key_password_env": _TLS_PASSWORD,
            "client_ca": Explained(
                "Has the DSP show a client certificate of one of these authorities.", "pki/clients.pem"
            ),
        },
        tls_form.TlsForm: {
            "ca": Explained(
                "Whom to trust as issuer of the server's certificate, instead of whom this machine trusts.",
                "pki/root.pem",
            ),
            "certificate": Explained(
                "The client certificate to show, where the server asks for one.", "pki/tls-client.pem"
            ),
            "key": Explained("The private key of that certificate.", "pki/tls-client.key"),
            "key_password_env": _TLS_PASSWORD,
            "verify": Explained(
                "Whether the server's certificate is checked. Where it is not, every report says so."
            ),
        },
        testbed_form.ControlApiForm: {
            "driver": Explained(_DRIVER, "control-api"),
            "url": Explained(
                "Where the Testbed Control API is, which the DSP or an adapter before it serves.",
                "http://127.0.0.1:8090/testbed/v1",
            ),
            "token_env": Explained(
                "The bearer token that the API wants. The token itself never stands in the file.",
                "TESTBED_TOKEN",
            ),
            "tls": Explained(
                "How the suite connects to the Testbed Control API; without this section, as [tls] says."
            ),
        },
        testbed_form.ProvisionedForm: {
            "driver": Explained(_DRIVER, "provisioned"),
            "devices": Explained(
                "The Devices that were brought into their states beforehand, each used by one scenario.",
                "devices.csv",
            ),
        },
        testbed_form.CommandForm: {
            "driver": Explained(_DRIVER, "command"),
            "command": Explained(
                "The program that is run for each operation, with JSON on its standard input and output.",
                ["./testbed.py"],
            ),
            "timeout": Explained("How many seconds one operation may take."),
            "one_at_a_time": Explained("Whether the program must not run twice at the same time."),
        },
        testbed_form.ManualForm: {
            "driver": Explained(_DRIVER, "manual"),
            "capabilities": Explained(
                "What the person at the terminal can bring about; all of it where the key is left out.",
                ["edit-cpl", "provide-device"],
            ),
        },
        form.SchemaForm: {
            "folder": Explained("An unpacked copy of the published schema files.", "duis-schema-5.4"),
        },
        form.TimeoutsForm: {
            "connect": Explained("How long a connection may take."),
            "answer": Explained("How long a synchronous answer may take."),
            "response": Explained("How long an asynchronous response may take."),
        },
        form.LimitsForm: {
            "max_message_size": Explained("The largest message that is taken, in octets."),
            "max_messages_per_second": Explained(
                "How many messages the receiver takes; more are turned away by HTTP 429."
            ),
        },
        form.ProfileForm: {
            "rejection_code": Explained(
                "The code with which requests are rejected for a Device's status: E51, or E5 at some DSPs."
            ),
            "settle_seconds": Explained("How long the inventory may lag behind a response."),
            "silence_seconds": Explained("How long nothing has to come before it counts as absent."),
            "assumed": Explained(
                "Whether requirements that nothing published settles are told apart, or count like others."
            ),
            "duis_version": Explained("The DUIS version that requests state."),
            **{switch: Explained(question, "yes") for switch, question in QUESTIONS.items()},
        },
        form.BaselineForm: {
            "file": Explained("Failures that are known already: they are told from new ones.", "known.toml"),
        },
        form.RequestBodiesForm: {
            "folder": Explained("They go before the suite's own, file by file.", "bodies"),
        },
        form.ReportForm: {
            "operator": Explained("Who runs the suite.", "A. Tester"),
        },
    }
)
"""Every key of every form; the tests see to that."""
