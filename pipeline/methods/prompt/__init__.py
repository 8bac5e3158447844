"""ProMPT: progressive multi-modal conditional prompt tuning (Qiu et al., ICMR 2024)."""
