"""Talk about the task: what a language model says about the sentences that it was asked for, in the place of one.

Small models write "The first sentence is about a cat", "A list of five words" or "I hope this helps" as items of their lists.
Such a line may well carry its label and be short; it tells nothing of the class. A word of the label itself counts for nothing
here, so that "prison sentence", "list" and "text" can be written about. So do words that stand on something ("a sign with two
words"), sentences that somebody reads or writes in the scene, and those of a court.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from pipeline.labels.inflection import word_forms
from pipeline.text.words import words_of

__all__ = ["is_task_talk"]

_NUMBER = r"(?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten|several|multiple|various)"
_MADE = r"(?:sentence|phrase|caption|description|example|paragraph|statement|definition|version|variation)s?"
_KIND = (
    r"(?:this|these|those|following|above|below|previous|provided|given|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
    r"|tenth|last|next|final|each|every|your|my|other|another|single|complete|full|english|new|original|perfect|simple|short|long"
    r"|shorter|longer|simpler|clear|descriptive|varied|different|unique|similar|well[- ]\w+|more|same)"
)
_SURE = re.compile(
    r"""\b(?:
        (?:as\ an\ ai|(?:ai|language)\ model|as\ (?:requested|you\ requested)|feel\ free\ to|let\ me\ know)\b
      | hope\ (?:this|that|these|it|they)\ (?:\w+\ )?(?:help|meet|work|answer|satisf|clarif|make|is|are|was)
      | your\ (?:request|query|question|prompt|instruction|requirement|criteria|needs?\b|attention\b|original\ (?:text|sentence))
      | (?:the|this|that|given)\ (?:prompt|query|instructions?|placeholder)\b
      | word\ (?:count|limit)|words\ long|grammatical(?:ly)?|numbered\ (?:list|format)|bullet\ points?
      | (?:words?|phrases?|names?)\b.{0,40}\b(?:is|are)\ not\ allowed\b|easier\ to\ read
      | describ(?:e|es|ing)\ (?:a|an|the|this|your)\ (?:text|sentence)\b
      | (?:as|is)\ an?\ (?:adjective|verb|adverb|pronoun)\b
    )
    | \[(?:insert|your|label|name|class)\b
    """,
    re.VERBOSE | re.IGNORECASE,
)
_BEGINS = re.compile(
    rf"""\W*(?:
        (?:(?:the|a|an|your|my|our|another)\ )?(?:[\w-]+\ ){{0,2}}?sentences?\b(?!\ of\ (?:life|death))
      | (?:here|below|these|following)\ (?:are|is)\b.{{0,60}}\b(?:{_MADE}|lists?|words?|options?|texts?|ways)\b
      | (?:here|below)\ (?:are|is)\ (?:the|a|an|some|your|{_NUMBER})?\s?(?:[\w-]+\ ){{0,2}}[\w-]*:
      | (?:sure|certainly|of\ course|absolutely|okay)\s?[,!:]
      | (?:note|please\ note)(?:\ that\b|\s?:)
      | (?:the|my|your)\ (?:\w+\ )?(?:text|answer|output|response|caption|description|list)(?:\ (?:is|are))?\s?:
      | in\ (?:one|a\ single|{_NUMBER})\ (?:\w+\ )?(?:sentence|word|line)s?\b
      | i(?:(?:'|’)m|\ am)\ (?:here|ready|happy|glad|able|sorry)\ (?:to\ (?:help|assist|provide|write|create|edit|support)|you\b)
      | (?:how|what)\ can\ i\ (?:help|assist|do)\b
      | i(?:(?:'|’)(?:m|ll|ve|d)|\ (?:am|will|can|have|would|could))?\ (?:\w+\ ){{0,3}}?
          (?:creat|writ|list|generat|provid|includ|add|mak|made|us|describ|rephras|rewrit|chang|replac|produc)\w*\b.{{0,60}}
          \b(?:{_MADE}|texts?|lists?|words?|items|labels?)\b
      | (?:write|produce|create|generate|make|provide|rewrite|rephrase|describe|include|use)\ .{{0,40}}\b(?:{_MADE}|words?)\b
      | (?:a|an|the|this)\ (?:\w+\ )?(?:list|set|series|collection|number)\ of\ (?:[\w-]+\ ){{0,3}}
          (?:{_MADE}|words?|labels?|items)\b
      | (?:a|the|this)\ (?:word|phrase|text|paragraph)s?\ (?:that|which)\ (?:is|are|has|have|(?:describe|contain|include|use)s?)\b
      | (?:sentence|example|caption|item|option|answer|question|prompt|output|response|explanation|q|a)\ ?\#?\d{{0,2}}\s?[:=]\s
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_INSIDE = re.compile(
    rf"""\b(?:
        (?:{_KIND}|{_NUMBER})\ (?:[\w-]+\ )?sentences?\b
      | sentences?\ (?:that|which|about|using|to|with|is|are|uses?|must|should|goes|describ\w+|contain\w*|in\ english)\b
      | (?:with|without|into|make|making|create|creating)\ (?:a\ |the\ )?sentences?\b
      | (?:less|fewer|more)\ than\ (?:\d+|{_NUMBER})\ words?\b | (?:\d+|{_NUMBER})\ words\b
      | list\ of\ (?:[\w-]+\ ){{0,2}}(?:words?|phrases?|sentences?|labels?)\b
      | (?:us(?:e|es|ed|ing)|includ(?:e|es|ed|ing)|contain(?:s|ed|ing)?|without|add(?:s|ed|ing)?|repeat(?:s|ed|ing)?)
          \ the\ (?:[\w-]+\ )?(?:words?|phrases?|terms?|adjectives?|nouns?|verbs?|labels?)\b
      | the\ following\ (?:words?|phrases?|texts?|lists?|items|labels?|terms?|examples?)\b
      | in\ this\ (?:example|sentence|text|list)\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_IN_THE_SCENE = re.compile(
    r"""\b(?:judge|court\w*|jury|prison\w*|jail\w*|convict\w*|guilty|crim\w+|parole|verdict|sentenced|suspended|lawyer|inmate
          |(?:life|death|years?|months?)\b.{0,20}\bsentences?|sentences?\ of\ (?:life|death|\w+\ (?:years?|months?))
          |serv(?:e|es|ed|ing)\ (?:\w+\ ){0,3}sentences?)\b
      | \b(?:reads?|reading|writes|writing|wrote|written|spells?|speaks?|says?|said|copies|copying|dictates?|whispers?|shouts?
          |utters?|exchang\w+)\ (?:[\w-]+\ ){0,4}(?:sentences?|words?|phrases?|list)\b
      | \b(?:sign|board|blackboard|chalkboard|whiteboard|wall|banner|screen|page|paper|poster|shirt|label|plate|billboard|notebook
          |painted|printed|carved|engraved|chalk|crossword|puzzle|dictionary|poem|song|lyrics|speech|letters)\b""",
    re.VERBOSE | re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


def is_task_talk(sentence: str, labels: Sequence[str] = ()) -> bool:
    """Whether a sentence speaks of sentences, words and requests, or to the reader.

    Args:
        sentence: As the parser gave it.
        labels: What it should carry; their own words are no sign of talk.
    """
    own = _forms(tuple(labels))
    text = _WORD.sub(lambda word: "thing" if word[0].casefold() in own else word[0], sentence)
    if _SURE.search(text):
        return True
    return bool(_BEGINS.match(text) or _INSIDE.search(text)) and not _IN_THE_SCENE.search(sentence)


@lru_cache(maxsize=4096)
def _forms(labels: tuple[str, ...]) -> frozenset[str]:
    return frozenset(form for label in labels for word in words_of(label) for form in word_forms(word, alone=False))
