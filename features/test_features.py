"""Binds every scenario of the features to pytest."""

from pytest_bdd import scenarios

scenarios(".")
