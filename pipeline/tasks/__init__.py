"""Tasks: what examples there are and how answers are scored, one package a task."""
