"""leadtriage: one executable definition of a qualified healthcare lead."""

__version__ = "0.1.0"
