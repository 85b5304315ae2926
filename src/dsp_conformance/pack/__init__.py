"""The evidence pack: one zip of a run that anybody can check offline, with this suite or without it."""
