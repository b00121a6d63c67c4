"""A dashboard for Apache Superset over the DuckDB file of a release."""
