"""The scenarios as collected: read, checked, bound to their steps and planned.

This is the one room that knows pytest-bdd's insides.
"""
