"""Reading a language model's answer: pure steps, each with one idea, put together by `pipeline.text.parse`."""
