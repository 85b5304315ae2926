"""Step definitions: the vocabulary of the features, one module per subject."""
