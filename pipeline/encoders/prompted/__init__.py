"""CLIP's towers with learned prompts inside; empty, so that `memory` can be imported without torch."""
