"""Reads an organisation's folder of YAML files and turns it into what the core decides by.

Everything is checked before anything runs, and every problem is reported at once, with its file and
line. Nothing here talks to a CRM: whether a column really exists is a question for the live check.
"""
