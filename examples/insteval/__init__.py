"""73,421 real ratings through the same chain as the demo."""
