"""Learning from sentences: class names in, sentences written, a classifier of any modality out."""
