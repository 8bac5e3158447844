"""A run's classifier as one file that is read without this package."""
