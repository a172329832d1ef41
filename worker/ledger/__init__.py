"""The ledger: all state of the worker, in SQLite or PostgreSQL, as plain functions on a transaction."""
