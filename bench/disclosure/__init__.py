"""Disclosure control side by side with what a statistical office would pick, judged by a check that none of them runs.

The rivals are not dependencies of the project: each takes part where it is installed, and is named where it is not.
"""
