"""What stands in the export; a module of its own, so that no contender imports what makes it."""

from __future__ import annotations

ITEMS = tuple(f"Q{number}" for number in range(1, 41))
SEGMENTS = {
    "gender": ("Kvinne", "Mann", "Annet"),
    "age": ("18-29", "30-39", "40-49", "50-59", "60+"),
    "tenure": ("0-1", "1-3", "3-5", "5+"),
}
COLUMNS = ("person", "sent", "unit", *SEGMENTS, *ITEMS)
