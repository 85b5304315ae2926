"""The DSP's answers: Responses in its name, signed with its key."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dsp_conformance.duis.messages import Response, ResponseMessage
from dsp_conformance.duis.signing import XmlSigner
from dsp_conformance.duis.xml import serialise

if TYPE_CHECKING:
    from collections.abc import Callable

    from dsp_conformance.duis.identifiers import RequestID
    from dsp_conformance.duis.messages import ResponseContent
    from dsp_conformance.duis.response_codes import ResponseCode
    from dsp_conformance.smki.credentials import Credential

__all__ = ["AnswerWriter", "sealed"]


def sealed(response: Response, signer: XmlSigner) -> bytes:
    """Return a response as it goes over the wire: signed, and compact."""
    root = response.to_xml()
    signer.sign(root)
    return serialise(root)


class AnswerWriter:
    """Writes answers; every one is signed, acknowledgements and rejections too (ledger DUIS-02 allows it).

    Args:
        credential: the DSP's XML signing certificate and key.
        now: tells the time, with time zone.
        seal: makes the octets of a response.
    """

    def __init__(
        self,
        credential: Credential,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        seal: Callable[[Response, XmlSigner], bytes] = sealed,
    ) -> None:
        self._signer = XmlSigner(credential)
        self._now = now
        self._seal = seal

    def write(
        self,
        request_id: RequestID,
        reference: str,
        variant: str,
        code: ResponseCode,
        content: ResponseContent | None = None,
    ) -> bytes:
        """Return the signed document that answers a request.

        RequestID, reference and variant are repeated and the ResponseID mirrors the RequestID (ledger
        DUIS-03).
        """
        response = Response(
            request_id=request_id,
            response_id=request_id.response_id(),
            response_code=code,
            response_date_time=self._now(),
            body=ResponseMessage(reference, variant, content),
        )
        return self.seal(response)

    def seal(self, response: Response) -> bytes:
        """Return the octets of any response or alert."""
        return self._seal(response, self._signer)
