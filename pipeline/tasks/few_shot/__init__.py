"""Learning from a few labelled images a class: base-to-novel generalisation, other data sets, other domains."""
