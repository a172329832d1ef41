"""The connector for HubSpot."""
