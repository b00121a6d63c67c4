"""Counting a wave, beside what one would write instead."""
