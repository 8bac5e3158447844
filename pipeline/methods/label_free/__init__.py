"""The rungs of the ladder: classifiers of names, sentences and unlabelled media that are solved without a label.

A file a learner. Each is a pure function of a `Material`, computes in float64, and knows neither torch nor a store.
"""
