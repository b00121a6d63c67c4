"""The smallest survey there can be, as its owner writes it: for tests in which only the way of a file matters."""

INSTRUMENT = b"""
id = "tiny"
version = "1"
title = {nb = "x", en = "x"}
source = "x"
licence = "x"
[[scale]]
id = "safety"
name = {nb = "x", en = "x"}
low = 1
high = 5
item = [{id = "safe_1"}]
"""
SURVEY = b"""
id = "tiny"
title = {nb = "x", en = "x"}
organisation = "x"
languages = ["nb"]
[respondent]
columns = ["person"]
[[instrument]]
definition = "tiny.toml"
columns = {Q1 = "safe_1"}
[[wave]]
id = "w1"
name = {nb = "x", en = "x"}
opens = 2026-08-01
closes = 2026-08-31
"""
