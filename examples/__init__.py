"""Surveys that one can run."""
