"""Survey exports in, anonymised and audited aggregates out. The stages; `functions` starts them on AWS Lambda."""
