"""The evidence package: one zip with what a run read, what it concluded and what it wrote, which anybody can verify offline."""
