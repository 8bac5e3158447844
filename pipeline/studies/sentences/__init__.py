"""Tables of papers that learn from sentences: a recipe, the changes that make its rows, and the paper's figures."""
