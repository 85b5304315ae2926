"""The suite as files: features, steps, fixtures and their conftest, wherever they are run from.

They stand in a checkout, in the installed package (`bundled`, put there when the wheel is built), or in a
folder to which somebody has ejected them. What a run rests on is told by `state`.
"""

from __future__ import annotations
