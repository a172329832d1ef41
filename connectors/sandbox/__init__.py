"""Local twins of CRM APIs, to try mappings and policies without an account."""
