"""A zero-shot image encoder out of two packages: EfficientNet-Lite0's ImageNet weights and MiniLM, joined by ConSE.

Norouzi et al., "Zero-Shot Learning by Convex Combination of Semantic Embeddings", ICLR 2014. It is the example of an encoder that
comes by the entry point group `mmpt_pipeline.encoders`.
"""
