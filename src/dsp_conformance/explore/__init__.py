"""Exploration: histories that nobody wrote, drawn, carried out, judged by a model of the ledger, and shrunk.

`events` are what a history is made of. `model` holds what is possible of each Device, by the pure rules of
`access` and `rules`; `judge` compares that with what a `World` observed. `generator` draws histories, `loop`
carries one out, `shrinker` makes a failing one short, `coverage` says what was visited, `gherkin` prints it.
"""
