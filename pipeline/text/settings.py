"""Settings of single engines: parts of `generate` in a recipe that only one engine reads.

What can change a sentence otherwise than by rounding says so here and enters the fingerprint of the texts: `dtype`,
`max_model_len`, `quantization`, `kv_cache_dtype` and `engine_args` of vLLM, the content of an imported file. Everything else
(addresses, retries, parallelism, memory, caches of equal prefixes) stays out, as batch size and device do: a text is stored once
and never assumed to be made again.
"""

import re
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator

from pipeline.strict import Strict
from pipeline.text.template import MOST_LABELS

__all__ = ["FileFormat", "ImportConfig", "ServerConfig", "VllmConfig"]

FileFormat = Literal["taam", "cupl", "jsonl", "csv", "parquet"]


class ServerConfig(Strict):
    """Where an OpenAI-compatible server listens and how it is asked; of the engine "openai".

    Attributes:
        url: Up to and without "/completions" or "/chat/completions".
        key_env: Name of the environment variable that holds the API key; the key itself is written nowhere.
        concurrency: Requests on their way at once.
        timeout_s: Seconds that one attempt may take.
        attempts: How often a request is sent before the run stops.
        longest_wait_s: Seconds between two attempts at most; a server that asks for more ends the run.
    """

    url: str = "http://127.0.0.1:8000/v1"
    key_env: str | None = None
    concurrency: int = Field(32, ge=1, le=4096)
    timeout_s: float = Field(120.0, gt=0)
    attempts: int = Field(8, ge=1, le=100)
    longest_wait_s: float = Field(60.0, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _holds_no_secret(cls, content: Any) -> Any:
        # Before the fields are read, for a field's own error would show its value, and that may be a key.
        if not isinstance(content, dict):
            return content
        name, url = content.get("key_env"), content.get("url", "http://x")
        if name is not None and not (isinstance(name, str) and re.fullmatch(r"[A-Z][A-Z0-9_]*", name)):
            raise ValueError(
                "key_env is the name of an environment variable in capitals, such as OPENAI_API_KEY, never the key "
                "itself (what was found is not shown, it may be one)"
            )
        if isinstance(url, str) and (
            "@" in url or "?" in url
        ):  # also behind a slash, where a password that holds one ends up
            raise ValueError("url holds no user, password or query; name the variable that holds the key in key_env")
        if not _is_address(url):
            raise ValueError("url is the address of a server, such as http://127.0.0.1:8000/v1")
        return content

    @field_validator("url")
    @classmethod
    def _without_endpoint(cls, url: str) -> str:
        return re.sub(r"/(chat/)?completions$", "", url.rstrip("/")).rstrip("/")


def _is_address(url: Any) -> bool:
    """Whether it is the address of a server: with a name and a port that there can be, without blanks and what nobody sees."""
    if not isinstance(url, str) or not re.fullmatch("[!-~\u00a1-\ud7ff\uf900-\U0010ffff]+", url):
        return False
    try:
        parts = urlsplit(url)
        return bool(
            parts.scheme in ("http", "https") and parts.hostname and parts.hostname.encode("idna") and parts.port != 0
        )
    except ValueError:  # of brackets without an end, of ports beyond 65,535, and of names (UnicodeError)
        return False


class VllmConfig(Strict):
    """How vLLM runs; of the engine "vllm".

    Attributes:
        python: Interpreter (3.11 or newer) of the environment that holds vLLM, if it is another one than this.
        dtype: Of weights and activations; "auto" takes the checkpoint's own. In the fingerprint.
        max_model_len: Most tokens of query and answer together; None takes the model's own. In the fingerprint.
        gpu_memory_utilization: Share of a GPU's memory that vLLM may fill; on a CPU it is not used.
        tensor_parallel_size: GPUs that one copy of the model is spread over.
        data_parallel_size: Copies of the model, each in a process and on GPUs of its own; they share the queries.
        quantization: How weights are packed where the checkpoint does not say it ("awq", "fp8", …). In the fingerprint.
        kv_cache_dtype: Of what attention keeps ("fp8", …); "auto" takes that of the model. In the fingerprint.
        engine_args: Further arguments of vLLM's `LLM`, as it names them. In the fingerprint.
        max_num_seqs: Answers that one copy writes at once; None takes vLLM's own.
        enable_prefix_caching: Compute the words that all queries begin with once.
        enforce_eager: Start faster and write more slowly: no CUDA graphs.
        start_timeout_s: Seconds that loading may take.
    """

    python: Path | None = None
    dtype: Literal["auto", "float32", "float16", "bfloat16"] = "auto"
    max_model_len: int | None = Field(None, ge=64)
    gpu_memory_utilization: float = Field(0.9, gt=0, le=1)
    tensor_parallel_size: int = Field(1, ge=1)
    data_parallel_size: int = Field(1, ge=1)
    quantization: str | None = None
    kv_cache_dtype: str = "auto"
    engine_args: dict[str, Any] = {}
    max_num_seqs: int | None = Field(None, ge=1)
    enable_prefix_caching: bool = True
    enforce_eager: bool = False
    start_timeout_s: float = Field(1800.0, gt=0)

    @field_validator("engine_args")
    @classmethod
    def _says_nothing_twice(cls, given: dict[str, Any]) -> dict[str, Any]:
        taken = sorted(set(given) & {*cls.model_fields, "model", "revision", "seed", "tokenizer"})
        if taken:
            raise ValueError(
                f"engine_args holds {', '.join(taken)}, which the recipe says elsewhere. Say it there: generate.model, "
                "generate.revision, or beside engine_args"
            )
        return given


class ImportConfig(Strict):
    """Sentences that somebody else wrote; of the engine "import".

    Attributes:
        files: The file of each modality.
        format: Of all files; "auto" goes by each one's name: .txt is the authors' `sentence&&label,label`, .json is
            CuPL's `{class: [sentences]}`, .jsonl, .csv and .parquet have a text and its labels in every row.
        filters: Keep only what would have been kept if a model had written it: short enough, with its labels as
            words, no near-duplicate.
        find: Of a modality, class names that are looked for in the sentences themselves, a shipped label set or a text
            file: for captions that come without labels. What is found joins the labels that stand in the file.
    """

    files: dict[str, Path] = Field(min_length=1)
    format: FileFormat | Literal["auto"] = "auto"
    filters: bool = False
    find: dict[str, str] = {}

    @field_validator("files", "find")
    @classmethod
    def _of_modalities(cls, named: dict[str, Any], info: ValidationInfo) -> dict[str, Any]:
        unknown = sorted(set(named) - set(MOST_LABELS))
        if unknown:
            raise ValueError(
                f"{info.field_name} names {', '.join(unknown)}; the modalities are {', '.join(MOST_LABELS)}"
            )
        return named


FORMATS: tuple[str, ...] = get_args(FileFormat)
"""Every format by name."""
