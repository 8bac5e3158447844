"""CoPL on questions about clips (MUSIC-AVQA): AVST's head, its learner, and the order in which questions are learned."""
