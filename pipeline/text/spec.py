"""What names an artifact of sentences."""

from typing import Any

from pipeline.text.asking import labels_together, query_name, wordings
from pipeline.text.config import GenerateConfig
from pipeline.text.engines.deterministic import DIGEST
from pipeline.text.engines.prompts import said_of_thinking
from pipeline.text.errors import TextError
from pipeline.text.filters import FILTER_VERSION
from pipeline.text.imported import import_fields
from pipeline.text.models import chat_template, model_source
from pipeline.text.parse import PARSER_VERSION
from pipeline.text.shipped_queries import PAPER
from pipeline.text.template import MOST_LABELS, render_query
from stores import ArtifactSpec, Store


def texts_spec(config: GenerateConfig, modality: str) -> ArtifactSpec:
    """Spec of the artifact of sentences: all that shapes a sentence, but neither the label set nor the quota.

    Raises:
        ModelNotFound: The language model is neither in a folder nor a hub id.
        TextError: The modality is unknown, or the file to import cannot be read.
    """
    if modality not in MOST_LABELS:
        raise TextError(f"generate: '{modality}' is no modality; there are {', '.join(MOST_LABELS)}")
    if config.engine == "import":
        return ArtifactSpec(kind="texts", fields=import_fields(config, modality), backend="parquet")
    fields = {
        "modality": modality,
        "engine": config.engine,
        "template": _rendered(config, modality),
        "max_labels": labels_together(config, modality),
        "max_words": config.max_words,
        "max_similarity": config.max_similarity,
        "seed": config.seed,
        "parser": PARSER_VERSION,
        "filters": FILTER_VERSION,
    }
    fields |= {} if config.must_name else {"must_name": False}  # left out where it is as it always was
    return ArtifactSpec(kind="texts", fields=fields | _model_fields(config), backend="parquet")


def sentences_of_the_paper(store: Store, config: GenerateConfig, modality: str) -> int:
    """How many sentences an older release has written with the paper's query, where another is the default today.

    They are kept, and are learned from again when the recipe says `query: paper`.
    """
    if config.query is not None or query_name(config, modality) in (None, PAPER):
        return 0
    as_before = config.model_copy(update={"query": PAPER})
    return sum(shard.rows for shard in store.artifact(texts_spec(as_before, modality)).manifest.shards)


def _rendered(config: GenerateConfig, modality: str) -> str | list[str]:
    """The query as the model gets it, or all that are taken in turn."""
    word = config.modality_words[modality]
    found = [render_query(each, word, ["{labels}"]) for each in wordings(config, modality)]
    return found[0] if len(found) == 1 else found


def _model_fields(config: GenerateConfig) -> dict[str, Any]:
    if config.engine == "templates":
        return {}
    if config.engine == "deterministic":
        return {"model": DIGEST}
    served = config.engine == "openai"
    fields: dict[str, Any] = {
        "model": f"served:{config.model}" if served else model_source(config.model, config.revision).digest,
        "temperature": config.temperature,
        "top_k": config.top_k,
        "top_p": config.top_p,
        "max_new_tokens": config.max_new_tokens,
    }
    # What is left at its default stays out: texts from before these settings existed keep their names.
    fields |= {"prompt_format": config.prompt_format} if config.prompt_format != "auto" else {}
    fields |= {"structured": True} if config.structured else {}
    values = dict(config.chat_template_kwargs)
    if not served and config.prompt_format != "raw":
        values = said_of_thinking(chat_template(model_source(config.model, config.revision)), values)
    fields |= {"chat_template": values} if values else {}
    fields |= {"stop": list(config.stop)} if config.stop else {}
    if config.engine == "vllm":
        fields |= {"dtype": config.vllm.dtype} if config.vllm.dtype != "auto" else {}
        fields |= {"max_model_len": config.vllm.max_model_len} if config.vllm.max_model_len else {}
        fields |= {"quantization": config.vllm.quantization} if config.vllm.quantization else {}
        fields |= {"kv_cache_dtype": config.vllm.kv_cache_dtype} if config.vllm.kv_cache_dtype != "auto" else {}
        fields |= {"engine_args": config.vllm.engine_args} if config.vllm.engine_args else {}
    return fields
