"""The words that steps share: how the features name meters, statuses, roles and requests."""

from typing import Final

from pytest_bdd import parsers

from dsp_conformance.duis.terms import CplStatus, DeviceStatus, UserRole
from dsp_conformance.testing import NEAR_MISSES, WAYS

ROLES: Final = {
    "import supplier": UserRole.IS,
    "export supplier": UserRole.ES,
    "gas supplier": UserRole.GS,
    "registered supplier agent": UserRole.RSA,
    "electricity distributor": UserRole.ED,
    "gas transporter": UserRole.GT,
    "other user": UserRole.OU,
}
"""User roles as `domain.md` names them."""

_DEVICE: Final = r'(?P<device>ESME|GSME|PPMID|HCALCS|twin|"[^"]+")'
_FORMS: Final = {
    "device": _DEVICE,
    "meter": r"(?P<meter>ESME|GSME)",
    "status": rf"(?P<status>{'|'.join(DeviceStatus)})",
    "cpl_status": rf"(?P<cpl_status>{'|'.join(CplStatus)})",
    "role": rf"(?P<role>{'|'.join(ROLES)})",
    "variant": r"(?P<variant>\d+(?:\.\d+)+)",
    "name": r"(?P<name>[A-Z][^,]+?)",
    "way": rf"(?P<way>{'|'.join(WAYS)})",
    "near": rf"(?P<near>{'|'.join(NEAR_MISSES)})",
    "generation": r"(?:(?P<generation>SMETS1) )?",
}


def sentence(text: str) -> parsers.re:
    """Return a parser of one sentence, in which ``{device}``, ``{status}`` ... stand for their forms.

    ``a(n)`` takes either article; everything else is a regular expression.
    """
    pattern = text.replace("a(n) ", "an? ")
    for name, form in _FORMS.items():
        pattern = pattern.replace(f"{{{name}}}", form)
    return parsers.re(pattern)


def device_name(text: str) -> str:
    """Return the name of a Device without the quotes that a feature may put around it."""
    return text.strip('"')
