"""What is published, in the forms that BI tools simply open: views, a DuckDB file, a workbook, CSV and SDMX-CSV."""

from __future__ import annotations

from pipeline.bi.duck import duckdb_bytes, with_views
from pipeline.bi.separated import Decimal, to_csv, to_sdmx
from pipeline.bi.views import VIEWS, View, views_of
from pipeline.bi.workbook import to_xlsx

__all__ = ["VIEWS", "Decimal", "View", "duckdb_bytes", "to_csv", "to_sdmx", "to_xlsx", "views_of", "with_views"]
