"""The ways in which language models write a list of sentences: each name gives a text for a list of plain sentences."""

import html
import json
import textwrap
from collections.abc import Callable, Sequence

Dress = Callable[[Sequence[str]], str]

ROMAN = "i ii iii iv v vi vii viii".split()
WORDS = "one two three four five six seven eight".split()
ORDINALS = "first second third fourth fifth sixth seventh eighth".split()
EMOJI = "🐶 🐱 🐦 ☀️ 👨‍👩‍👧 🇫🇷 👍🏽 ⭐".split()


def each(style: str, between: str = "\n") -> Dress:
    """Every sentence in a style that may count it: i from 1, a and A, r and R for Roman numerals, and so on."""

    def dress(sentences: Sequence[str]) -> str:
        return between.join(style.format(s=s, **_counts(i)) for i, s in enumerate(sentences))

    return dress


def _counts(i: int) -> dict[str, object]:
    return {
        "i": i + 1, "a": "abcdefgh"[i], "A": "ABCDEFGH"[i], "r": ROMAN[i], "R": ROMAN[i].upper(), "word": WORDS[i],
        "ordinal": ORDINALS[i].title(), "key": f"{i + 1}\ufe0f\u20e3", "barekey": f"{i + 1}\u20e3", "full": chr(0xFF11 + i),
        "arabic": chr(0x661 + i), "circle": chr(0x2460 + i), "bracket": chr(0x2474 + i), "stop": chr(0x2488 + i),
        "dark": chr(0x2776 + i), "sans": chr(0x2780 + i), "circled_a": chr(0x24D0 + i), "squared_a": chr(0x1F130 + i),
        "one_roman": chr(0x2160 + i), "han": "一二三四五六七八"[i], "emoji": EMOJI[i],
    }  # fmt: skip


NUMBERED = {
    style: each(style)
    for style in (
        "{i}. {s}", "{i}) {s}", "({i}) {s}", "[{i}] {s}", "{i}: {s}", "{i}.) {s}", "{i}.{s}", "0{i}. {s}", "#{i}. {s}",
        "{i}\\. {s}",
        "**{i}.** {s}", "**{i}. {s}**", "*{i}.* {s}", "__{i})__ {s}", "({i}.) {s}", "[{i}]: {s}", "{{{i}}} {s}", "{i}\t{s}",
        '{i},"{s}"',
        "{key} {s}", "{key}{s}", "{barekey} {s}", "{key}. {s}", "{key} - {s}", "**{key}** {s}", "{full}． {s}", "{full}．{s}",
        "（{full}）{s}", "{full}. {s}", "{full}） {s}", "【{full}】{s}", "{arabic}. {s}", "{i}、{s}",
        "{circle} {s}", "{circle}{s}",
        "{circle}. {s}", "{circle}、{s}", "{bracket} {s}", "{stop} {s}", "{dark} {s}", "{sans} {s}", "{circled_a} {s}",
        "{squared_a} {s}", "{one_roman}. {s}", "{han}、{s}", "Sentence {i}: {s}", "Sentence {i} - {s}", "**Sentence {i}:** {s}",
        "**Sentence {i}**: {s}", "sentence_{i}: {s}", "Sentence #{i}: {s}", "Sentence {word}: {s}", "Sentence {A}: {s}",
        "Sentence {R}: {s}",
        "[Sentence {i}] {s}", "{ordinal} sentence: {s}", "Caption {i}: {s}", "Example {i}. {s}", "Option {A}: {s}", "S{i}: {s}",
        "No. {i}: {s}", "Sentence {i}/5: {s}",
        "English sentence {i}: {s}", "Sentence {i} (short): {s}", "{i}. Sentence {i}: {s}",
        "- {i}. {s}", "{i}. - {s}", "{emoji} {i}. {s}",
        "{i}.\n{s}", "Sentence {i}\n{s}", "**Sentence {i}**\n{s}\n", "### Sentence {i}\n\n{s}\n", "## {i}. {s}", "> {i}. {s}",
    )
}  # fmt: skip
"""Markers that are known by themselves."""

IN_COMPANY = {
    style: each(style)
    for style in (
        "{a}) {s}", "{A}) {s}", "({a}) {s}", "({A}) {s}", "{a}. {s}", "{A}. {s}", "{A}: {s}", "**{A}.** {s}", "*{a})* {s}",
        "{a}){s}",
        "{a} - {s}", "{r}. {s}", "{R}. {s}", "{r}) {s}", "({r}) {s}", "({R}) {s}", "{i} - {s}", "{i} – {s}", "{i} — {s}",
        "{i}- {s}",
        "#{i} {s}", "#{i}: {s}", "#{i} - {s}", "# {i} {s}", "{i} {s}", "{i}-> {s}", "{i} | {s}",
        "1.{i} {s}", "{i}, {s}", "**{i}** {s}", "{i}/8 {s}", "{emoji} {s}",
        "{emoji}{s}",
        "-{s}", "–{s}", "o {s}",
    )
}  # fmt: skip
"""Markers that count where there are two of them at least."""

BULLETS = {bullet: each(f"{bullet} {{s}}") for bullet in "-*•–—‣+▪▫◦●○■□►▶▸➤→➢◆★☆✓✔✦∙·⁃※✅☑"} | {
    style: each(style)
    for style in (
        "•{s}", "→{s}", "- [ ] {s}", "* [x] {s}", "  - {s}", "-\t{s}", "- **{s}**", "* *{s}*", "- `{s}`", "-> {s}", "=> {s}",
        "-- {s}",
        "- {emoji} {s}", "{i}. {emoji} {s}", "- [{s}](https://example.org/a)", "&bull; {s}", "&#8226; {s}", "\\item {s}",
        "~ {s}",
    )
}  # fmt: skip

LABELLED = {
    style: each(style)
    for style in (
        "{i}. **Playful:** {s}", "- **Playful**: {s}", "{i}. {s} #dog #cute", "{i}. {s} 🐶", "{emoji} {s} ✨", "Image: {s}",
        "Sentence: {s}", "**Sentence:** {s}", "{i}. Sentence: {s}", "{i}. **Sentence**: {s}", "- Caption: {s}",
        "- sentence: {s}",
        "{i}. Sentence: {s}\n   - Explanation: it is seen from afar.", "{i}. {s}\n   Explanation: it is\n   seen from afar.",
        "{i}. {s}\n   (Note: it is seen from afar.)", "{i}. {s}\n   - It is seen from afar.",
        "{i}. {s}\n   **Why it works:** it is short.",
        "Sentence: {s}\nExplanation: it is seen from afar.\n",
        "**Sentence {i}:** {s}\n\n*Explanation:* it is seen from afar.\n",
        "{i}. {s}\nExplanation:\nIt is seen from afar.", "{i}. {s} (Explanation: it is seen from afar)", "{i}. {s} (7 words)",
        "{i}. {s} – 7 words", "{i}. {s} *(word count: 7)*", "{i}. {s}\n   Labels: dog, cat", "{i}. {s}\n   → Note: it is near.",
        "{i}. {s}\n\n   Translation: Ein Hund.\n",
        "<item><sentence>{s}</sentence><explanation>seen from afar</explanation></item>",
    )
}  # fmt: skip

TOKENS = {
    style: each(style)
    for style in (
        "{i}. {s}</s>", "{i}. {s} </s>", "<s>{i}. {s}</s>", "{i}. {s} [/INST]", "{i}. {s}<|im_end|>", "{i}. {s}<|eot_id|>",
        "- {s}<eos>",
        "{s}<|endoftext|>", "{i}. {s}<｜end▁of▁sentence｜>", "{i}. {s}<end_of_turn>", "{s}<pad><pad>", "{s}[EOS]", "{s}</s><s>",
        "{i}. {s}<|end_of_text|>", "{i}. {s}</assistant>",
    )
} | {
    "in a line": each("{i}. {s}</s>", " "),
    "behind": lambda s: NUMBERED["{i}. {s}"](s) + "<|eot_id|>",
    "before": lambda s: "<|start_header_id|>assistant<|end_header_id|>\n\n" + "\n".join(s) + "<|eot_id|>",
    "chatml": lambda s: "<|im_start|>assistant\n" + NUMBERED["{i}. {s}"](s) + "<|im_end|>",
    "gemma": lambda s: "<start_of_turn>model\n" + "\n".join(s) + "<end_of_turn>",
    "lone [/INST]": lambda s: "[/INST] " + NUMBERED["{i}. {s}"](s),
    "echo": lambda s: "<s>[INST] Make five sentences about a horse. [/INST] " + NUMBERED["{i}. {s}"](s) + "</s>",
    "next turn": lambda s: NUMBERED["{i}. {s}"](s) + "</s><s>[INST] More! [/INST] 1. A horse runs.",
    "next chatml": lambda s: "\n".join(s) + "<|im_end|>\n<|im_start|>user\nMore!<|im_end|>\n<|im_start|>assistant\n1. A horse.",
    "next in words": lambda s: NUMBERED["{i}. {s}"](s) + "\nUser: More!\nAssistant: 1. A horse runs.",
    "instruction": lambda s: "### Response:\n" + NUMBERED["{i}. {s}"](s) + "\n\n### Instruction:\nMore!\n### Response:\nNo.",
    "sentencepiece": lambda s: NUMBERED["{i}. {s}"](s).replace(" ", "▁"),
    "byte token": each("{i}. {s}", "<0x0A>"),
    "byte-level": lambda s: NUMBERED["{i}. {s}"](s).replace(" ", "Ġ").replace("\n", "Ċ"),
    "written breaks": each("{i}. {s}", "\\n"),
}  # fmt: skip

THOUGHTS = {
    name: (lambda s, before=before: before + NUMBERED["{i}. {s}"](s))
    for name, before in {
        "think": "<think>\nOkay.\n1. Maybe a horse runs.\n- Or a cow.\n</think>\n\n",
        "same line": "<think>1. A horse.</think> ",
        "thinking": "<thinking>\n1. A horse runs.\n</thinking>\n", "reasoning": "<reasoning>\n1. A horse runs.\n</reasoning>\n",
        "lone close": "I should write five.\n1. A horse runs.\n</think>\n\n",
        "lone close, tight": "Maybe a horse runs.</think>",
        "two": "<think>\n1. A horse.\n</think>\n<think>\n2. A cow.\n</think>\n", "Think": "<Think>1. A horse.</Think>\n",
        "Mistral": "[THINK]1. A horse runs.[/THINK]", "Kimi": "◁think▷1. A horse runs.◁/think▷",
        "Cohere": "<|START_THINKING|>1. A horse.<|END_THINKING|><|START_RESPONSE|>",
        "OpenThinker": "<|begin_of_thought|>\n1. A horse.\n<|end_of_thought|>\n<|begin_of_solution|>\n",
        "Gemma": "<|channel>thought\n1. A horse runs.\n<channel|>",
        "nested": "<think>a <think> b</think>\n1. A horse.\n</think>\n",
        "channels": "<|channel|>analysis<|message|>1. A horse runs.<|end|><|start|>assistant<|channel|>final<|message|>",
        "channels without messages": "<|channel|>analysis We need five.\n1. A horse runs.\n<|channel|>final\n",
        "channels without tokens": "analysisWe need five. 1. A horse runs.assistantfinal", "empty": "<think>\n\n</think>\n\n",
    }.items()
} | {
    "answer": lambda s: "<reasoning>\n1. A horse.\n</reasoning>\n<answer>\n" + "\n".join(s) + "\n</answer>",
    "plain": lambda s: "<think>\nA horse runs.\n</think>\n" + "\n".join(s),
}  # fmt: skip


def _json(made: Callable[[Sequence[str]], object], before: str = "", behind: str = "", **settings: object) -> Dress:
    return lambda s: before + json.dumps(made(s), **settings) + behind  # type: ignore[arg-type]


_OBJECTS = {
    "list": list,
    "objects": lambda s: [
        {"id": i, "sentence": t, "labels": ["dog"], "explanation": "it is seen from afar"} for i, t in enumerate(s)
    ],
    "object with a list": lambda s: {"label": "dog", "sentences": list(s)},
    "object of sentences": lambda s: {f"sentence_{i}": t for i, t in enumerate(s)},
    "numbered keys": lambda s: {str(i): t for i, t in enumerate(s)},
    "by label": lambda s: {"vacuum cleaner": list(s)},
    "deep": lambda s: {"result": {"items": [{"text": t} for t in s]}},
    "numbered values": lambda s: [f"{i}. {t}" for i, t in enumerate(s, 1)],
    "one string": lambda s: {"response": "\n".join(f"{i}. {t}" for i, t in enumerate(s, 1))},
}
JSON = {
    f"{name}, {how}": dress
    for name, made in _OBJECTS.items()
    for how, dress in {
        "plain": _json(made), "indented": _json(made, indent=2, ensure_ascii=False),
        "fenced": _json(made, "Sure! Here you go:\n\n```json\n", "\n```\n\nLet me know if you need more.", indent=1),
        "fenced without a name": _json(made, "```\n", "\n```"), "fence left open": _json(made, "```json\n"),
        "assigned": _json(made, "sentences = "),
    }.items()
} | {
    "lines": each('{{"text": "{s}"}}'),
    "Python": lambda s: repr(list(s)),
    "trailing comma": lambda s: "[\n" + each('  "{s}",')(s) + "\n]",
    "no commas": lambda s: "[\n" + each('  "{s}"')(s) + "\n]",
    "no brackets": each('"{s}",'),
    "comments": lambda s: "[\n" + each('  "{s}", // number {i}')(s) + "\n]",
    "cut off": lambda s: json.dumps([*s, "A horse runs"])[:-5],
    "curly quotes": lambda s: "[" + each("“{s}”", ", ")(s) + "]",
    "packed": lambda s: json.dumps(json.dumps(list(s))),
    "packed lines": lambda s: json.dumps(NUMBERED["{i}. {s}"](s) + "\n"),
    "YAML": lambda s: "sentences:\n" + each('  - "{s}"')(s),
    "YAML objects": each("- id: {i}\n  sentence: {s}\n  label: dog"),
}  # fmt: skip

TABLES = {
    "Markdown": lambda s: "| # | Sentence |\n|---|---|\n" + each("| {i} | {s} |")(s),
    "tight": lambda s: (
        "Here is the table:\n\n|Number|Sentence|\n|-|-|\n" + each("|{i}|{s}|")(s) + "\n\nI hope this helps!"
    ),
    "open": lambda s: "Sentence | Label\n:--- | ---:\n" + each("{s} | dog")(s),
    "explained": lambda s: (
        "| # | Sentence | Explanation |\n|:-|:-|:-|\n"
        + each("| {i} | {s} | What this sentence shows is told at greater length here than it has words itself. |")(s)
    ),
    "label first": lambda s: "| Label | English Sentence | Words |\n|--|:--:|--|\n" + each("| dog | {s} | 7 |")(s),
    "bold": lambda s: "| **No.** | **Sentence** |\n|---|---|\n" + each("| **{i}** | **{s}** |")(s),
    "no head": each("| {i} | {s} |"),
    "one column": lambda s: "| Sentences |\n| --- |\n" + each("| {s} |")(s),
    "numbered and quoted": lambda s: "| | Caption |\n|---|---|\n" + each('| {i}. | "{s}" |')(s),
    "grid": lambda s: "+---+---+\n| # | Sentence |\n+===+===+\n" + each("| {i} | {s} |\n+---+---+")(s),
    "drawn": lambda s: "┌───┬───┐\n│ # │ Text │\n├───┼───┤\n" + each("│ {i} │ {s} │")(s) + "\n└───┴───┘",
    "cut off": lambda s: "| # | Sentence |\n|---|---|\n" + each("| {i} | {s} |")([*s, "A horse ru"])[:-2],
    "HTML": lambda s: (
        "<table><tr><th>#</th><th>Sentence</th></tr>" + each("<tr><td>{i}</td><td>{s}</td></tr>", "")(s) + "</table>"
    ),
    "columns": lambda s: (
        "".join(f"| Sentence {i + 1} " for i in range(len(s)))
        + "|\n"
        + "|---" * len(s)
        + "|\n| "
        + " | ".join(s)
        + " |"
    ),
}

TAGS = {
    "list": lambda s: "<ol>\n" + each("  <li>{s}</li>")(s) + "\n</ol>",
    "one line": lambda s: "<ul>" + each("<li>{s}</li>", "")(s) + "</ul>",
    "fenced": lambda s: "```html\n<ul>\n" + each("  <li>{s}</li>")(s) + "\n</ul>\n```",
    "page": lambda s: "<!DOCTYPE html>\n<html><body>" + each('<p class="a">{s}</p>', "")(s) + "</body></html>",
    "XML": lambda s: "<sentences>\n" + each('  <sentence id="{i}">{s}</sentence>')(s) + "\n</sentences>",
    "entities": lambda s: "\n".join(f"{i}. &quot;{html.escape(t)}&quot;" for i, t in enumerate(s, 1)),
} | {
    style: each(style)
    for style in (
        "{i}. {s}<br>", "{i}. {s}<br/>\n", "<p>{s}</p>", "<li>{s}", "<li><strong>{s}</strong></li>", "<b>{i}.</b> {s}",
        "<q>{s}</q>",
        "<sentence_{i}>{s}</sentence_{i}>", "<li>{i}. {s}</li>", "<code>{s}</code>", "&ldquo;{s}&rdquo;",
        "<sentence><![CDATA[{s}]]></sentence>",
    )
} | {"breaks": each("{s}", " <br> ")}  # fmt: skip

_QUOTES = ("“”", "„“", "«»", "»«", "‹›", "‘’", "''", '""', "``", "「」", "『』", "””", "❝❞", "＂＂")
QUOTED = {f"{o}{c}": each(f"{o}{{s}}{c}") for o, c in _QUOTES} | {
    style: each(style)
    for style in (
        '{i}. "{s}"', "{i}. “{s}”", "- «{s}»", '"{i}. {s}"', "[{s}]", "<{s}>",
        '**"{s}"**', '"**{s}**"', "{i}. *“{s}”*", "``{s}''", '{i}. "{s}",',
        '{i}. "{s}', '\\"{s}\\"'
    )
}  # fmt: skip

PLAIN = {
    "lines": each("{s}"), "blank lines": each("{s}", "\n\n"), "paragraph": each("{s}", " "), "CRLF": each("{s}", "\r\n"),
    "bold": each("**{s}**"), "hard breaks": each("{s}\\"), "heading": lambda s: "## Five sentences\n\n" + "\n".join(s),
    "fence": lambda s: "```text\n" + "\n".join(s) + "\n```",
    "quoted": each("> {s}"), "Assistant": lambda s: "Assistant: " + "\n".join(s),
    "opening": lambda s: "Sure! Here are five sentences:\n\n" + "\n".join(s) + "\n\nLet me know if you need more!",
}  # fmt: skip

IN_A_LINE = {
    style: each(style, " ") for style in ("{i}. {s}", "{i}) {s}", "({i}) {s}", "{key} {s}", "{circle} {s}", "{a}) {s}",
    "Sentence {i}: {s}", "• {s}")
} | {"opening": lambda s: "Here you go: " + each("{i}. {s}", " ")(s)}  # fmt: skip


def wrapped(style: str, width: int, between: str, indent: str) -> Dress:
    """Sentences that run over several lines."""
    return lambda s: between.join(
        textwrap.fill(style.format(i=i, s=t), width, subsequent_indent=indent, break_on_hyphens=False)
        for i, t in enumerate(s, 1)
    )


WRAPPED = {
    f"{style} at {width}{'' if between == chr(10) else ', blank lines'}{', indented' if indent else ''}": wrapped(
        style, width, between, indent
    )
    for style in ("{i}. {s}", "- {s}", '{i}. "{s}"', "{s}")
    for width in (20, 30, 60)
    for between in ("\n", "\n\n")
    for indent in ("", "   ")
}

ALONE: dict[str, Dress] = NUMBERED | LABELLED | TOKENS | THOUGHTS | JSON | TABLES | TAGS | QUOTED | PLAIN | WRAPPED | {
    f"bullet {name}": dress for name, dress in BULLETS.items()
}  # fmt: skip
"""Every way that one sentence alone may be written in."""

ALL: dict[str, Dress] = (
    ALONE | {f"company {k}": d for k, d in IN_COMPANY.items()} | {f"line {k}": d for k, d in IN_A_LINE.items()}
)
