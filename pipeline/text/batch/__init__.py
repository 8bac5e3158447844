"""Batch files of servers that speak OpenAI's protocol: queries are written into files, and answered hours later.

A batch asks what `generate-texts` would ask next, and its answers are read and published by `generate_texts` itself: the
texts are the same bytes, whichever way the same answers came.
"""
