"""The one shape of a DUIS signature (``wire.md``, XML signature profile), for the signer and the verifier."""

import hashlib
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from lxml import etree

EXCLUSIVE_C14N: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
ECDSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
ENVELOPED: Final = "http://www.w3.org/2000/09/xmldsig#enveloped-signature"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"

ECDSA: Final = ec.ECDSA(hashes.SHA256())

HALF: Final = 32
"""Octets of r, and of s, in a P-256 signature value."""


def document_digest(root: etree._Element) -> bytes:
    """Return the SHA-256 of the whole document in inclusive C14N 1.0 without comments.

    Inclusive, because the profile's only transform is the enveloped signature, after which XML-DSig's default
    canonicalisation applies. The signature element must have been taken out.
    """
    octets = etree.tostring(root.getroottree(), method="c14n", exclusive=False, with_comments=False)
    return hashlib.sha256(octets).digest()


def signed_octets(signed_info: etree._Element) -> bytes:
    """Return the octets that the signature value is about: SignedInfo in exclusive C14N without comments."""
    return etree.tostring(signed_info, method="c14n", exclusive=True, with_comments=False)
