"""The doctor: sees before any verdict whether target file, network, DSP and testbed let the suite work.

Each check is one plain function of an `Examination`, in a module by its subject; `order` puts them one after
the other, `examining` runs them, `writing` tells what came of it. What a check finds says nothing about the
product's conformance: that is for a run.
"""
