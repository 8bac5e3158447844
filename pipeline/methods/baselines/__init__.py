"""What ProMPT is compared with: CoOp, CoCoOp, deep visual prompts, independent prompts of both towers."""
