"""What the performance claims rest on: ratios measured in one run, on whatever machine it is."""
