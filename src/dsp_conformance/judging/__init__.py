"""The rules of judgement: what steps expect of a DSP, as plain functions."""
