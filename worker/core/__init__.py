"""The pure core: facts in, decision out. No clock, network, disk, environment or logging."""
