"""A recipe for own clips and a table of questions about them, written beside them."""
