"""A run: a recipe bound to its workspace, and what every task says of the work in it."""
