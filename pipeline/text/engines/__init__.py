"""Engines: what runs the language model that writes the sentences."""

from pipeline.text.engines.base import Answer, Engine, Request
from pipeline.text.engines.load import load_engine

__all__ = ["Answer", "Engine", "Request", "load_engine"]
