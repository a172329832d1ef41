"""A folder of CSV or JSONL tables as a CRM."""
