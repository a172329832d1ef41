"""The daemon: the same run as ``leadtriage sync``, on a schedule."""
