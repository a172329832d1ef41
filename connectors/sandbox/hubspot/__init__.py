"""The twin of the HubSpot API."""
