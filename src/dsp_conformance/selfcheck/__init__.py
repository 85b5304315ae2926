"""The proof that the suite can fail: deviations of the bundled stub against the scenarios, as a matrix."""
