"""The reference DSP: a process of its own, which the suite judges as it judges any other DSP."""
