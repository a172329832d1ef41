"""The command line: reads arguments, asks an ``App``, shows what it says. No logic lives here."""
