"""Rare words come from a shuffled deck, not from dice: every one gets its turn."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Generic, TypeVar

__all__ = ["Deck", "Decks"]

_Card = TypeVar("_Card")


@dataclass(slots=True)
class Deck(Generic[_Card]):
    """Cards that are dealt one after the other, and shuffled anew when all were dealt.

    Attributes:
        cards: all of them, at least one.
        random: what shuffles them.
    """

    cards: tuple[_Card, ...]
    random: Random
    _left: list[_Card] = field(default_factory=list)

    def deal(self) -> _Card:
        """Return the next card."""
        if not self._left:
            self._left = list(self.cards)
            self.random.shuffle(self._left)
        return self._left.pop()


@dataclass(slots=True)
class Decks:
    """Decks by name; each is made when it is first asked for, and goes on from history to history.

    Attributes:
        random: what shuffles them.
    """

    random: Random
    _decks: dict[object, Deck[object]] = field(default_factory=dict)

    def deal(self, name: object, cards: Iterable[_Card]) -> _Card:
        """Return the next card of a deck.

        Args:
            name: which deck.
            cards: what it is made of when it is new; the same each time.
        """
        deck = self._decks.get(name)
        if deck is None:
            deck = self._decks[name] = Deck[object](tuple(cards), self.random)
        return deck.deal()  # type: ignore[return-value]  # a name always goes with cards of one type
