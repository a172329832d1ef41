"""The local twin of the Salesforce API."""
