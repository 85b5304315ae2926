"""The 194 response codes of DUIS, by name, with the meanings that are known.

The schema (V5.4, `ResponseCode`) lists the codes without a word on what they mean; the meanings come from the
table "Response codes" of `domain.md`, each with the basis that it rests on, and stand in
`data/response-codes.csv`.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cache
from importlib import resources
from types import MappingProxyType


@unique
class Basis(StrEnum):
    """What a statement rests on, by the letters of `domain.md`."""

    SCHEMA = "X"
    """The schema lists the code; what it means is not published."""
    UNOFFICIAL_TABLE = "U"
    """An unofficial copy of the DUIS response-code table."""
    ASSUMED = "A"
    """Assumed: nothing that could be read settles it."""


@unique
class ResponseCode(StrEnum):
    """A response code; `ResponseCode("E18")` raises `ValueError`, as it does for any code not in the schema.

    The letter tells the sort: I codes report success, W codes success in part, E codes rejection or failure.
    The long codes begin with the Service Reference that they belong to (`E110101`: 11.1).
    """

    I0 = "I0"
    I99 = "I99"
    E1 = "E1"
    E2 = "E2"
    E3 = "E3"
    E4 = "E4"
    E5 = "E5"
    E11 = "E11"
    E12 = "E12"
    E13 = "E13"
    E17 = "E17"
    E19 = "E19"
    E20 = "E20"
    E21 = "E21"
    E30 = "E30"
    E31 = "E31"
    E40 = "E40"
    E41 = "E41"
    E42 = "E42"
    E43 = "E43"
    E44 = "E44"
    E45 = "E45"
    E46 = "E46"
    E47 = "E47"
    E48 = "E48"
    E49 = "E49"
    E50 = "E50"
    E51 = "E51"
    E52 = "E52"
    E53 = "E53"
    E54 = "E54"
    E55 = "E55"
    E56 = "E56"
    E57 = "E57"
    E58 = "E58"
    E59 = "E59"
    E60 = "E60"
    E61 = "E61"
    E62 = "E62"
    E63 = "E63"
    E64 = "E64"
    E65 = "E65"
    E66 = "E66"
    E67 = "E67"
    E68 = "E68"
    E69 = "E69"
    E70 = "E70"
    E71 = "E71"
    E100 = "E100"
    E1000 = "E1000"
    E1001 = "E1001"
    E1003 = "E1003"
    E1004 = "E1004"
    E1006 = "E1006"
    E1007 = "E1007"
    E1008 = "E1008"
    E1010 = "E1010"
    E1011 = "E1011"
    E010101 = "E010101"
    E010102 = "E010102"
    E010201 = "E010201"
    E030301 = "E030301"
    E030302 = "E030302"
    E040101 = "E040101"
    E041701 = "E041701"
    E050101 = "E050101"
    E050102 = "E050102"
    E050103 = "E050103"
    E050105 = "E050105"
    E050107 = "E050107"
    E050108 = "E050108"
    E050109 = "E050109"
    E050110 = "E050110"
    E050111 = "E050111"
    E050112 = "E050112"
    E050201 = "E050201"
    E050202 = "E050202"
    W050201 = "W050201"
    E050301 = "E050301"
    E050302 = "E050302"
    W050301 = "W050301"
    E060501 = "E060501"
    E060502 = "E060502"
    E060701 = "E060701"
    E060801 = "E060801"
    E060802 = "E060802"
    E060803 = "E060803"
    E061301 = "E061301"
    E061304 = "E061304"
    E061305 = "E061305"
    E061501 = "E061501"
    E061504 = "E061504"
    E061505 = "E061505"
    E061506 = "E061506"
    E061507 = "E061507"
    E061508 = "E061508"
    E061509 = "E061509"
    E061801 = "E061801"
    E061802 = "E061802"
    E061803 = "E061803"
    E062101 = "E062101"
    E062102 = "E062102"
    E062103 = "E062103"
    E062105 = "E062105"
    E062201 = "E062201"
    E062202 = "E062202"
    E062203 = "E062203"
    E062301 = "E062301"
    E062302 = "E062302"
    E062303 = "E062303"
    E062304 = "E062304"
    E062305 = "E062305"
    E062306 = "E062306"
    E062401 = "E062401"
    E062402 = "E062402"
    E062403 = "E062403"
    E062801 = "E062801"
    E062802 = "E062802"
    E062803 = "E062803"
    E080201 = "E080201"
    E080202 = "E080202"
    E080301 = "E080301"
    E080302 = "E080302"
    E080405 = "E080405"
    E080406 = "E080406"
    E080407 = "E080407"
    E080408 = "E080408"
    E080409 = "E080409"
    E080410 = "E080410"
    E080411 = "E080411"
    E080412 = "E080412"
    E080413 = "E080413"
    E080414 = "E080414"
    E080415 = "E080415"
    E080501 = "E080501"
    E080502 = "E080502"
    E080503 = "E080503"
    E080601 = "E080601"
    E080602 = "E080602"
    E080604 = "E080604"
    E080606 = "E080606"
    E080607 = "E080607"
    E080702 = "E080702"
    E080721 = "E080721"
    E080722 = "E080722"
    E080723 = "E080723"
    E080801 = "E080801"
    E080821 = "E080821"
    E080822 = "E080822"
    E080901 = "E080901"
    E080902 = "E080902"
    E080903 = "E080903"
    E081101 = "E081101"
    E081102 = "E081102"
    E081104 = "E081104"
    E081105 = "E081105"
    E081106 = "E081106"
    E081107 = "E081107"
    E081108 = "E081108"
    E081109 = "E081109"
    E081110 = "E081110"
    E081111 = "E081111"
    E081202 = "E081202"
    E081204 = "E081204"
    E081205 = "E081205"
    E081221 = "E081221"
    E081222 = "E081222"
    E081223 = "E081223"
    E081301 = "E081301"
    E081302 = "E081302"
    E081303 = "E081303"
    E081401 = "E081401"
    E081402 = "E081402"
    E081405 = "E081405"
    E081406 = "E081406"
    W081401 = "W081401"
    E110101 = "E110101"
    E110102 = "E110102"
    E110103 = "E110103"
    E110105 = "E110105"
    E110106 = "E110106"
    W110101 = "W110101"
    E110401 = "E110401"
    E110402 = "E110402"
    E110403 = "E110403"
    E110405 = "E110405"
    W110401 = "W110401"
    E120101 = "E120101"
    E120102 = "E120102"
    E120103 = "E120103"
    E120201 = "E120201"
    E120203 = "E120203"
    E120204 = "E120204"
    E120207 = "E120207"

    @property
    def meaning(self) -> str | None:
        """What the code means, or None where that is not published."""
        known = _meanings().get(self)
        return known.text if known else None

    @property
    def basis(self) -> Basis:
        """What the meaning rests on; `Basis.SCHEMA` where there is no meaning, only the code."""
        known = _meanings().get(self)
        return known.basis if known else Basis.SCHEMA

    @property
    def is_success(self) -> bool:
        """Whether it is an I code; the payload may still hold an error of the Device (`domain.md`)."""
        return self.value.startswith("I")

    @property
    def is_warning(self) -> bool:
        """Whether it is a W code: done, but not entirely as asked."""
        return self.value.startswith("W")

    @property
    def is_error(self) -> bool:
        """Whether it is an E code: rejected, or failed."""
        return self.value.startswith("E")


@dataclass(frozen=True, slots=True)
class _Meaning:
    text: str
    basis: Basis


@cache
def _meanings() -> Mapping[ResponseCode, _Meaning]:
    data = resources.files("dsp_conformance.duis") / "data" / "response-codes.csv"
    rows = csv.DictReader(data.read_text(encoding="utf-8").splitlines())
    return MappingProxyType(
        {ResponseCode(row["code"]): _Meaning(row["meaning"], Basis(row["basis"])) for row in rows}
    )
