"""Settings of the generate stage: which model is asked, how it samples, and what is kept."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError, ValidationInfo, field_validator, model_validator

from pipeline.printable import cut
from pipeline.strict import Strict
from pipeline.text.sentence_templates import SENTENCE_TEMPLATES
from pipeline.text.settings import ImportConfig, ServerConfig, VllmConfig
from pipeline.text.shipped_queries import QUERIES, QueryName
from pipeline.text.template import MODALITY_WORDS, MOST_LABELS, PAPER_TEMPLATE

__all__ = ["ALL_IMPORTED", "GenerateConfig"]

ALL_IMPORTED = 1_000_000_000
"""The quota of imported sentences when none is set: more than there are."""
_QUOTA = 100
_MOST_WRITTEN = 100_000
_COUNT: TypeAdapter[int] = TypeAdapter(Annotated[int, Field(ge=1)])


class GenerateConfig(Strict):
    """How sentences are written. The defaults of sampling are those of the authors' code.

    Attributes:
        engine: What runs the model; "openai" asks a server, "import" reads sentences from files, "templates" has sentences
            written by hand, and "deterministic" writes from a word list, for tests and dry runs.
        model: "miniature-llama", a folder in the layout of transformers, or a hub id; of the engine "openai", what
            the server calls it.
        revision: Of a hub id.
        prompt_format: "raw" gives the query as it is, as a base model wants it; "chat" puts it into the model's chat
            template. "auto" takes the chat template where the model has one; a server is then asked to chat.
        chat_template_kwargs: Values for the model's chat template, such as `{enable_thinking: false}`. Where a template that
            can be read here knows `enable_thinking` and nothing is said, it is false: thoughts are no sentences, and cost as
            much as them. Of a server it is sent only if given.
        structured: Whether the model is held to a JSON list of sentences, by the engines "vllm" (its structured outputs) and
            "openai" (`response_format`); a server that does not know it answers as ever.
        stop: Texts that end an answer where they first appear; they are not part of it.
        query: A shipped query by its name, see `shipped_queries`; None asks what `asking.query_name` tells.
        template: A query of your own, with `{modality}` and `{labels}`, or several, which are taken in turn.
        modality_words: What the query calls each modality.
        combine: Whether a query may name several labels: "always" up to `max_labels`, "never", or "files", where the files of
            the modality show several classes each, which the recipe knows. None is "always", as in the paper, and "files" of
            sentences written by hand.
        max_labels: Most labels in one query, by modality.
        must_name: Whether a sentence must hold the names of its labels to be kept.
        sentences_per_class: Quota of kept sentences of every class: one number, or a number for each modality; one that is
            not named there takes the default. Imported sentences are all used unless it is set.
        max_words: A sentence has fewer words than this.
        max_similarity: Sentences of one class at least this alike are near-duplicates (0 to 1).
        temperature: 0 takes the likeliest token.
        top_k: Tokens that sampling chooses from; 0 means all.
        top_p: Share of the probability that sampling chooses from.
        max_new_tokens: Most tokens of one answer.
        seed: Of queries and of sampling.
        max_rounds: Rounds of queries: the first, and those that top up classes below their quota.
        queries_per_shard: Queries that are asked, and published, together.
        server: Of the engine "openai".
        vllm: Of the engine "vllm".
        imports: Of the engine "import", which cannot do without it.
    """

    engine: Literal["transformers", "vllm", "openai", "import", "templates", "deterministic"] = "transformers"
    model: str = "miniature-llama"
    revision: str = "main"
    prompt_format: Literal["auto", "raw", "chat"] = "auto"
    chat_template_kwargs: dict[str, bool | int | float | str] = {}
    structured: bool = False
    stop: tuple[str, ...] = ()
    query: QueryName | None = None
    template: str | tuple[str, ...] = PAPER_TEMPLATE
    modality_words: dict[str, str] = Field(default_factory=lambda: dict(MODALITY_WORDS))
    combine: Literal["always", "files", "never"] | None = None
    max_labels: dict[str, int] = Field(default_factory=lambda: dict(MOST_LABELS))
    sentences_per_class: int | dict[str, int] = _QUOTA
    must_name: bool = True
    max_words: int = Field(default=25, ge=4)
    max_similarity: float = Field(default=0.8, gt=0, le=1)
    temperature: float = Field(default=0.7, ge=0)
    top_k: int = Field(default=10, ge=0)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_new_tokens: int = Field(default=256, ge=1, le=1_000_000)
    seed: int = 0
    max_rounds: int = Field(default=8, ge=1, le=1000)
    queries_per_shard: int = Field(default=256, ge=1)
    server: ServerConfig = Field(default_factory=lambda: ServerConfig.model_validate({}))
    vllm: VllmConfig = Field(default_factory=lambda: VllmConfig.model_validate({}))
    imports: ImportConfig | None = None

    @model_validator(mode="before")
    @classmethod
    def _takes_all_imported(cls, content: Any) -> Any:
        # Not a default that looks at `engine`: pydantic would tell any other mistake twice.
        if isinstance(content, dict) and content.get("engine") == "import":
            return {"sentences_per_class": ALL_IMPORTED} | content
        return content

    @field_validator("sentences_per_class", mode="before")
    @classmethod
    def _one_number_or_one_a_modality(cls, value: Any) -> Any:
        told = "it is a number from 1, or one for each modality, e.g. {video: 250, image: 1250}"
        stray = [str(name) for name in value if name not in MOST_LABELS] if isinstance(value, Mapping) else []
        if stray:
            raise ValueError(f"{', '.join(stray)} is no modality; there are {', '.join(MOST_LABELS)}. {told}")
        if value == {}:
            raise ValueError(f"it names no modality: {told}")
        try:
            if isinstance(value, Mapping):
                return {name: _COUNT.validate_python(count) for name, count in value.items()}
            return _COUNT.validate_python(value)
        except ValidationError as error:
            raise ValueError(f"found {cut(repr(value), 200)}; {told}") from error

    @field_validator("sentences_per_class")
    @classmethod
    def _can_be_written(cls, value: int | dict[str, int], info: ValidationInfo) -> int | dict[str, int]:
        most = ALL_IMPORTED if info.data.get("engine") == "import" else _MOST_WRITTEN
        if max([value] if isinstance(value, int) else value.values()) > most:
            raise ValueError(f"at most {most:,} sentences a class can be asked for; some hundreds are usual")
        return value

    @field_validator("template")
    @classmethod
    def _has_labels_once(cls, template: str | tuple[str, ...]) -> str | tuple[str, ...]:
        if not template:
            raise ValueError("it is empty; leave it out for a shipped query (mmpt-pipeline texts templates lists them)")
        for each in (template,) if isinstance(template, str) else template:
            if each.count("{labels}") != 1:
                raise ValueError(
                    f"a template holds {{labels}} exactly once, where the class names go; this one holds it "
                    f"{each.count('{labels}')} times. {{modality}} is optional"
                )
        return template

    @field_validator("max_labels")
    @classmethod
    def _positive(cls, value: dict[str, int]) -> dict[str, int]:
        if any(count < 1 for count in value.values()):
            raise ValueError("a query asks for at least 1 label")
        return {**MOST_LABELS, **value}

    @field_validator("modality_words")
    @classmethod
    def _all_modalities(cls, value: dict[str, str]) -> dict[str, str]:
        return {**MODALITY_WORDS, **value}

    @field_validator("stop")
    @classmethod
    def _stops_hold_something(cls, stop: tuple[str, ...]) -> tuple[str, ...]:
        if "" in stop:
            raise ValueError("an empty stop text would end every answer at once; leave it out")
        return stop

    @model_validator(mode="after")
    def _has_files_to_import(self) -> "GenerateConfig":
        if self.engine == "import" and self.imports is None:
            raise ValueError(
                "the engine 'import' needs to know its files, e.g. imports: {files: {image: sentences.txt}}"
            )
        return self

    @model_validator(mode="after")
    def _shapes_what_it_can(self) -> "GenerateConfig":
        if self.structured and self.engine not in ("vllm", "openai"):
            raise ValueError(
                f"structured: true is for the engines vllm and openai; '{self.engine}' cannot hold a model to a form. Leave it "
                "out: answers in any form are read"
            )
        if self.chat_template_kwargs and (
            self.prompt_format == "raw" or self.engine not in ("vllm", "openai", "transformers")
        ):
            why = (
                "prompt_format: raw uses none"
                if self.prompt_format == "raw"
                else f"the engine '{self.engine}' has none"
            )
            raise ValueError(f"chat_template_kwargs are for a chat template, and {why}. Leave them out")
        return self

    @model_validator(mode="after")
    def _asks_one_thing(self) -> "GenerateConfig":
        if self.query is not None and self.template != PAPER_TEMPLATE:
            raise ValueError(
                f"query: {self.query} and a template of your own were both given; leave one out. There are the queries "
                f"{', '.join(QUERIES)}"
            )
        if self.query is not None and self.engine in ("templates", "import"):
            raise ValueError(f"query: {self.query} asks a language model, and the engine '{self.engine}' has none")
        return self

    @property
    def as_files_are_labelled(self) -> bool:
        """Whether queries name several labels only where files do."""
        return self.combine == "files" or (self.combine is None and self.engine == "templates")

    def quota(self, modality: str) -> int:
        """How many kept sentences a class of this modality gets at most."""
        if isinstance(self.sentences_per_class, int):
            asked = self.sentences_per_class
        else:
            asked = self.sentences_per_class.get(modality, ALL_IMPORTED if self.engine == "import" else _QUOTA)
        return min(asked, self._by_hand(modality)) if self.engine == "templates" else asked

    def _by_hand(self, modality: str) -> int:
        """How many sentences the engine "templates" has for a class."""
        templates = SENTENCE_TEMPLATES[modality] if self.template == PAPER_TEMPLATE else self.template
        count = 1 if isinstance(templates, str) else len(templates)
        return count * (1 if self.combine == "never" else self.max_labels[modality])
