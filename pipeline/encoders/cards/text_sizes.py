"""Sizes of the text towers of transformers that open_clip names, as their publishers' config.json has them.

open_clip takes them from the hub when it builds a model. They never change, so that a model can be built without a network.
"""

from typing import Any

_ROBERTA = {
    "model_type": "roberta", "vocab_size": 50265, "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
    "intermediate_size": 3072, "hidden_act": "gelu", "max_position_embeddings": 514, "type_vocab_size": 1,
    "layer_norm_eps": 1e-5, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1,
}  # fmt: skip
_XLM = {**_ROBERTA, "model_type": "xlm-roberta", "vocab_size": 250002}
_MT5 = {
    "model_type": "mt5", "vocab_size": 250112, "d_model": 768, "d_kv": 64, "d_ff": 2048, "num_layers": 12, "num_heads": 12,
    "num_decoder_layers": 12, "feed_forward_proj": "gated-gelu", "layer_norm_epsilon": 1e-6, "is_encoder_decoder": True,
    "relative_attention_num_buckets": 32, "tie_word_embeddings": False, "pad_token_id": 0, "eos_token_id": 1,
}  # fmt: skip
_NLLB = {
    "model_type": "m2m_100", "vocab_size": 256206, "d_model": 1024, "encoder_layers": 12, "decoder_layers": 12,
    "encoder_attention_heads": 16, "decoder_attention_heads": 16, "encoder_ffn_dim": 4096, "decoder_ffn_dim": 4096,
    "activation_function": "relu", "scale_embedding": True, "max_position_embeddings": 1024, "is_encoder_decoder": True,
    "pad_token_id": 1, "bos_token_id": 0, "eos_token_id": 2,
}  # fmt: skip

TEXT_SIZES: dict[str, dict[str, Any]] = {
    "roberta-base": _ROBERTA,
    "xlm-roberta-base": _XLM,
    "xlm-roberta-large": {
        **_XLM, "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096,
    },
    "google/mt5-base": _MT5,
    "google/mt5-xl": {**_MT5, "d_model": 2048, "d_ff": 5120, "num_layers": 24, "num_decoder_layers": 24, "num_heads": 32},
    "facebook/nllb-200-distilled-600M": _NLLB,
    "facebook/nllb-200-distilled-1.3B": {
        **_NLLB, "encoder_layers": 24, "decoder_layers": 24, "encoder_ffn_dim": 8192, "decoder_ffn_dim": 8192,
    },
}  # fmt: skip
