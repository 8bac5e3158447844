"""Engines: what runs the language model that writes the sentences."""

from pipeline.text.engines.base import Answer, Engine, QueueingEngine, Request, StreamingEngine
from pipeline.text.engines.load import load_engine

__all__ = ["Answer", "Engine", "QueueingEngine", "Request", "StreamingEngine", "load_engine"]
