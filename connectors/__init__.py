"""One package for each CRM, found by entry point."""
