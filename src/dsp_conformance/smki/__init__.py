"""Keys and certificates: load the user's own, or make a PKI for tests."""

from __future__ import annotations

from dsp_conformance.smki.certificates import (
    check_certificate,
    load_certificate,
    load_certificates,
    parse_certificates,
    public_key_of,
)
from dsp_conformance.smki.credentials import Credential, load_credential
from dsp_conformance.smki.errors import Defect, SmkiError
from dsp_conformance.smki.identity import (
    GBCS_ROLES,
    CertificateIdentity,
    CertificateRole,
    KeyUse,
    identity_of,
)
from dsp_conformance.smki.keys import load_private_key
from dsp_conformance.smki.pki import (
    DeviceCredentials,
    DspCredentials,
    EphemeralPki,
    IssuedCredentials,
    TlsCredentials,
    UserCredentials,
)

__all__ = [
    "GBCS_ROLES",
    "CertificateIdentity",
    "CertificateRole",
    "Credential",
    "Defect",
    "DeviceCredentials",
    "DspCredentials",
    "EphemeralPki",
    "IssuedCredentials",
    "KeyUse",
    "SmkiError",
    "TlsCredentials",
    "UserCredentials",
    "check_certificate",
    "identity_of",
    "load_certificate",
    "load_certificates",
    "load_credential",
    "load_private_key",
    "parse_certificates",
    "public_key_of",
]
