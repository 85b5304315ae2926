"""The requirements that a DSP is held to, and the verdicts on them, as values."""
