"""Settings of the generate stage: which model is asked, how it samples, and what is kept."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from pipeline.text.template import MAX_LABELS, MODALITY_WORDS, PAPER_TEMPLATE

__all__ = ["GenerateConfig"]


class GenerateConfig(BaseModel):
    """How sentences are written. The defaults of sampling are those of the authors' code.

    Attributes:
        engine: What runs the model; "deterministic" writes from a word list, for tests and dry runs.
        model: "miniature-llama", a folder in the layout of transformers, or a hub id.
        revision: Of a hub id.
        template: The query, with `{modality}` and `{labels}`.
        modality_words: What the query calls each modality.
        max_labels: Most labels in one query, by modality.
        sentences_per_class: Quota of kept sentences of every class.
        max_words: A sentence has fewer words than this.
        max_similarity: Sentences of one class at least this alike are near-duplicates (0 to 1).
        temperature: 0 takes the likeliest token.
        top_k: Tokens that sampling chooses from; 0 means all.
        top_p: Share of the probability that sampling chooses from.
        max_new_tokens: Most tokens of one answer.
        seed: Of queries and of sampling.
        max_rounds: Rounds of queries: the first, and those that top up classes below their quota.
        queries_per_shard: Queries that are asked, and published, together.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: Literal["transformers", "vllm", "deterministic"] = "transformers"
    model: str = "miniature-llama"
    revision: str = "main"
    template: str = PAPER_TEMPLATE
    modality_words: dict[str, str] = Field(default_factory=lambda: dict(MODALITY_WORDS))
    max_labels: dict[str, int] = Field(default_factory=lambda: dict(MAX_LABELS))
    sentences_per_class: int = Field(default=100, ge=1)
    max_words: int = Field(default=25, ge=4)
    max_similarity: float = Field(default=0.8, gt=0, le=1)
    temperature: float = Field(default=0.7, ge=0)
    top_k: int = Field(default=10, ge=0)
    top_p: float = Field(default=0.95, gt=0, le=1)
    max_new_tokens: int = Field(default=256, ge=1)
    seed: int = 0
    max_rounds: int = Field(default=8, ge=1)
    queries_per_shard: int = Field(default=256, ge=1)

    @field_validator("template")
    @classmethod
    def _has_labels_once(cls, template: str) -> str:
        if template.count("{labels}") != 1:
            raise ValueError(
                f"a template holds {{labels}} exactly once, where the class names go; this one holds it "
                f"{template.count('{labels}')} times. {{modality}} is optional"
            )
        return template

    @field_validator("max_labels")
    @classmethod
    def _positive(cls, value: dict[str, int]) -> dict[str, int]:
        if any(count < 1 for count in value.values()):
            raise ValueError("a query asks for at least 1 label")
        return {**MAX_LABELS, **value}

    @field_validator("modality_words")
    @classmethod
    def _all_modalities(cls, value: dict[str, str]) -> dict[str, str]:
        return {**MODALITY_WORDS, **value}
