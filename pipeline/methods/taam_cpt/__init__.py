"""TaAM-CPT: text as any modality by consistent prompt tuning (Wu et al., ACM MM 2025)."""
