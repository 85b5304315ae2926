"""White space around dates and times, which XML Schema allows and libxml2 refuses.

All types of dates and times have the fixed facet ``whiteSpace="collapse"`` (XML Schema 1.0 Part 2, 4.3.6), so
white space around a value is no part of it. libxml2 knows that of other types, and forgets it for these.
"""

import copy
import re
from typing import Final

from lxml import etree

__all__ = ["may_be_refused_for_space", "without_space"]

_SPACE: Final = " \t\r\n"
_REFUSED: Final = re.compile(
    r"[ \t\r\n]' is not a valid value of the atomic type 'xs:{0}'\.$|"
    r": '[ \t\r\n].*' is not a valid value of the atomic type 'xs:{0}'\.$".replace(
        "{0}", "(?:dateTime|date|time|duration|gYear|gYearMonth|gMonth|gMonthDay|gDay)"
    ),
    re.DOTALL,
)
_LOOKS_SO: Final = re.compile(r"[-+0-9.:TZPYMDHS]{1,64}")


def may_be_refused_for_space(error: etree._LogEntry) -> bool:
    """Tell whether libxml2 refused a date or time with white space around it, perhaps for that alone."""
    return _REFUSED.search(error.message or "") is not None


def without_space(root: etree._Element) -> etree._Element:
    """Return a copy of a document in which no white space stands around what looks like a date or time."""
    changed = copy.deepcopy(root)
    for element in changed.iter():
        text = element.text
        if text and _LOOKS_SO.fullmatch(stripped := text.strip(_SPACE)) and stripped != text:
            element.text = stripped
    return changed
