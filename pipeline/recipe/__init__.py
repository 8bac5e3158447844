"""What recipes of all tasks share: their envelope, where data lies, YAML without surprises, and how mistakes are told."""
