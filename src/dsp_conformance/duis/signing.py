"""Signing a DUIS message in the fixed profile of ``wire.md``."""

import base64

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from lxml import etree

from dsp_conformance.duis import signature_profile as profile
from dsp_conformance.duis.namespaces import DS, ds
from dsp_conformance.smki.credentials import Credential


class XmlSigner:
    """Signs messages with one XML signing key.

    Args:
        credential: the certificate that `KeyInfo` names, and its private key.
    """

    def __init__(self, credential: Credential) -> None:
        self._key = credential.private_key
        self._issuer = credential.certificate.issuer.rfc4514_string()
        self._serial = str(credential.certificate.serial_number)

    def sign(self, root: etree._Element) -> None:
        """Append the enveloped signature as the last child of the root.

        The document must not be changed, re-indented or given namespace declarations afterwards.

        Raises:
            ValueError: it is signed already.
        """
        if root.find(ds("Signature")) is not None:
            raise ValueError("the message is signed already; a second signature would make it invalid")
        digest = profile.document_digest(root)
        signature = etree.SubElement(root, ds("Signature"), nsmap={"ds": DS})
        signed_info = _signed_info(signature, digest)
        r, s = decode_dss_signature(self._key.sign(profile.signed_octets(signed_info), profile.ECDSA))
        value = r.to_bytes(profile.HALF) + s.to_bytes(profile.HALF)
        _add(signature, "SignatureValue", text=base64.b64encode(value).decode())
        name = _add(_add(_add(signature, "KeyInfo"), "X509Data"), "X509IssuerSerial")
        _add(name, "X509IssuerName", text=self._issuer)
        _add(name, "X509SerialNumber", text=self._serial)


def _signed_info(signature: etree._Element, digest: bytes) -> etree._Element:
    signed_info = _add(signature, "SignedInfo")
    _add(signed_info, "CanonicalizationMethod", algorithm=profile.EXCLUSIVE_C14N)
    _add(signed_info, "SignatureMethod", algorithm=profile.ECDSA_SHA256)
    reference = _add(signed_info, "Reference")
    reference.set("URI", "")
    _add(_add(reference, "Transforms"), "Transform", algorithm=profile.ENVELOPED)
    _add(reference, "DigestMethod", algorithm=profile.SHA256)
    _add(reference, "DigestValue", text=base64.b64encode(digest).decode())
    return signed_info


def _add(
    parent: etree._Element, name: str, *, algorithm: str | None = None, text: str | None = None
) -> etree._Element:
    element: etree._Element = etree.SubElement(parent, ds(name))
    if algorithm is not None:
        element.set("Algorithm", algorithm)
    element.text = text
    return element
