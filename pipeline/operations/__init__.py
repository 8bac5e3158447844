"""What a workspace holds, lacks and has refused, as values and as metrics; and trying again what failed."""
