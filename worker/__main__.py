"""``python -m worker`` is the same as the command ``leadtriage``."""

from worker.cli.main import main

if __name__ == "__main__":
    main()
