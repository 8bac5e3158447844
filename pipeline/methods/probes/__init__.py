"""Methods of few labelled images that read features alone: Tip-Adapter, discriminant analysis, and probes."""
