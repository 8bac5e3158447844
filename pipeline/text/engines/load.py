"""Making the engine that a configuration names; an engine's libraries are imported only when it is the one."""

from pipeline.text.asking import wordings
from pipeline.text.config import GenerateConfig
from pipeline.text.engines.base import SENTENCES_SHAPE, Engine, Form, Sampling
from pipeline.text.errors import EngineError
from pipeline.text.models import model_source
from pipeline.text.template import MOST_LABELS

__all__ = ["load_engine", "sampling_and_form"]


def sampling_and_form(config: GenerateConfig) -> tuple[Sampling, Form]:
    """How tokens are drawn, and how a query is put to the model."""
    sampling = Sampling(config.temperature, config.top_k, config.top_p, config.max_new_tokens, config.stop)
    shape = SENTENCES_SHAPE if config.structured else None
    return sampling, Form(config.prompt_format, config.chat_template_kwargs, shape)


def load_engine(config: GenerateConfig, *, device: str = "auto") -> Engine:
    """Load the engine and its model.

    Args:
        config: Names engine and model, and holds how to sample.
        device: "cpu", "cuda" or "auto"; vLLM chooses its device itself.

    Raises:
        ModelNotFound: The model's name leads nowhere.
        EngineError: The engine cannot run here.
    """
    if config.engine == "deterministic":
        from pipeline.text.engines.deterministic import DeterministicEngine

        templates = [each for modality in MOST_LABELS for each in wordings(config, modality)]
        return DeterministicEngine(templates, tuple(config.modality_words.values()))
    if config.engine == "templates":
        from pipeline.text.engines.echo import EchoEngine

        return EchoEngine()
    sampling, form = sampling_and_form(config)
    if config.engine == "openai":
        from pipeline.text.engines.openai import OpenaiEngine

        return OpenaiEngine.load(config.server, config.model, sampling, form)
    if config.engine == "import":
        raise EngineError("generate: the engine 'import' reads files and answers no queries")
    source = model_source(config.model, config.revision)
    if config.engine == "vllm":
        from pipeline.text.engines.vllm_process import VllmEngine

        return VllmEngine.load(source, sampling, form, config.vllm)
    from pipeline.text.engines.transformers import TransformersEngine

    return TransformersEngine.load(source, sampling, form, device=device)
