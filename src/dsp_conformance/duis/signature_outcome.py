"""What verifying a signature can find: the outcomes, each the step that failed, and the diagnosis."""

from dataclasses import dataclass
from enum import StrEnum

from dsp_conformance.base.eui64 import Eui64


class SignatureOutcome(StrEnum):
    """What verifying found; everything but the first two is a refusal that names the failed step."""

    VALID = "valid"
    VALID_AFTER_WHITESPACE_REMOVAL = "verifies only after white space is removed"
    UNSIGNED = "unsigned"
    STRUCTURE = "signature element out of place or incomplete"
    ALGORITHM = "not the algorithms of the profile"
    CERTIFICATE = "signing certificate unknown or not in force"
    VALUE_FORM = "signature value is not raw r and s of 32 octets each"
    KEY = "signature value does not verify with the certificate's key"
    DIGEST = "the document was changed after signing"
    ROLE = "the signing certificate has another role"
    ORIGINATOR = "the signing certificate belongs to somebody else"


_ACCEPTED = frozenset({SignatureOutcome.VALID, SignatureOutcome.VALID_AFTER_WHITESPACE_REMOVAL})


@dataclass(frozen=True, slots=True)
class SignatureDiagnosis:
    """The result of verifying one message.

    Attributes:
        outcome: valid, or the step that failed.
        detail: what was expected and what came; empty where valid.
        signer: the EUI-64 in the signing certificate, once the certificate is known.
        notes: lawful oddities worth reporting, such as a role written in decimal.
    """

    outcome: SignatureOutcome
    detail: str = ""
    signer: Eui64 | None = None
    notes: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """Whether the signature verifies, if need be after white space removal."""
        return self.outcome in _ACCEPTED

    def __str__(self) -> str:
        return "; ".join(filter(None, (f"{self.outcome}", self.detail, *self.notes)))


@dataclass(eq=False)
class SignatureRefused(Exception):  # noqa: N818 - carries a finding from a step to the verifier, no further
    """A step of verifying that failed.

    Attributes:
        outcome: the step.
        detail: what was expected and what came.
        signer: the EUI-64 in the signing certificate, once the certificate is known.
    """

    outcome: SignatureOutcome
    detail: str
    signer: Eui64 | None = None

    def __str__(self) -> str:
        return f"{self.outcome}: {self.detail}"
