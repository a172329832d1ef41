"""Reads and writes one Salesforce org."""
