"""CoPL on masks of sounding objects: its options, AVSBench's decoder and a learner; empty, so that options need no torch."""
