"""One file for each command: options in, one stage called, an answer out."""
