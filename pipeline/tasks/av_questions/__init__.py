"""Questions about clips, answered from picture and sound: one of the answers that were learned."""
