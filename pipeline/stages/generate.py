"""Stage 1: an LLM writes training sentences for the labels."""

from pipeline.operations.recorded import recorded_stage
from pipeline.stages.context import Context
from pipeline.stages.on_worker import on_worker
from pipeline.text.engines.load import load_engine
from pipeline.text.generate import generate_texts as generate_modality
from pipeline.text.generate import plan_texts
from pipeline.text.spec import texts_spec
from pipeline.text.summary import GenerateSummary, total_counts


@recorded_stage("generate", total_counts)
@on_worker()
def generate(context: Context) -> dict[str, GenerateSummary]:
    """Write what is missing, modality by modality; the model is loaded once, and only when there is something to ask."""
    config, labels = context.recipe.generate, context.labels
    asked = any(plan_texts(context.store, config, m, names).queries for m, names in labels.items())
    engine = load_engine(config, device=context.device) if asked else None
    summaries = {
        m: generate_modality(
            context.store,
            config,
            m,
            names,
            device=context.device,
            progress=context.progress,
            engine=engine,
            retry_fruitless=context.retried(f"texts/{m}"),
        )  # fmt: skip
        for m, names in labels.items()
    }
    context.note({f"texts/{m}": texts_spec(config, m).fingerprint for m in labels})
    return summaries
