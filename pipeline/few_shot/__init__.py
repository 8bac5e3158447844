"""Learning prompts from a few labelled images a class: base-to-novel generalisation, from a recipe to a table."""
