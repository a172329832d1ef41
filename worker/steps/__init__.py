"""The restartable steps of a run, joined by the ledger and by nothing else."""
