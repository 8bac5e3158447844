"""CoPL: collaborative prompts inside frozen audio-visual towers (Zhao et al., MM 2024); empty, so that options need no torch."""
