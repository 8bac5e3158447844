"""Short texts of six topics, written for the tests; hardly any names its topic."""

TOPICS = {
    "cooking": [
        "Simmer the onions in butter until they turn golden, then add the stock.",
        "Let the dough rest for an hour before you roll it out.",
        "A pinch of salt brings out the sweetness of ripe tomatoes.",
        "Preheat the oven to 200 degrees and grease the tin.",
        "She whisked the egg whites until stiff peaks formed.",
        "The recipe asks for two cloves of garlic and fresh basil.",
    ],
    "football": [
        "The striker scored twice in the second half to win the cup.",
        "A late penalty sent the goalkeeper the wrong way.",
        "The referee showed a red card after a brutal tackle.",
        "Fans filled the stadium for the derby on Saturday.",
        "The midfielder was transferred to Madrid for a record fee.",
        "They defended the corner and broke away on the counter-attack.",
    ],
    "astronomy": [
        "The telescope captured light from a galaxy twelve billion years old.",
        "Jupiter has more than ninety known moons.",
        "A comet will be visible near the horizon after sunset.",
        "The probe entered orbit around Mars in February.",
        "Dark matter bends the light of distant quasars.",
        "Black holes swallow whatever crosses their event horizon.",
    ],
    "medicine": [
        "The surgeon removed the tumour through a small incision.",
        "Antibiotics do not help against a virus.",
        "Her blood pressure fell after two weeks on the new tablets.",
        "The vaccine trial enrolled three thousand patients.",
        "Symptoms include fever, a dry cough and shortness of breath.",
        "The nurse changed the bandage and checked the wound.",
    ],
    "music": [
        "The violinist played the concerto without a score.",
        "Their new album mixes jazz drums with electric guitar.",
        "The choir rehearsed the chorus in four-part harmony.",
        "He tuned the piano before the recital.",
        "The song climbed to the top of the charts in a week.",
        "A slow melody in a minor key opens the symphony.",
    ],
    "finance": [
        "The central bank raised interest rates by a quarter point.",
        "Shares fell sharply after the company missed its earnings forecast.",
        "Investors moved their savings into government bonds.",
        "The fund charges an annual fee of half a percent.",
        "Mortgage lending slowed as house prices dropped.",
        "The start-up raised ten million dollars from venture capital.",
    ],
}
