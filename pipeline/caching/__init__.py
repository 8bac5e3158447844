"""Features of frozen encoders in a store: specs (torch-free), texts and media."""
