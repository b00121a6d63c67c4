"""Files that only a parser in C or Rust, or one of XML, can open: each read in a process of its own, thrown away after.

A package apart from `pipeline.exports`, so that a child imports its parser and little else.
"""
