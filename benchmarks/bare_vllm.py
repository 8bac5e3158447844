"""The other side of generate_overhead.py: `LLM.generate` and nothing else, in vLLM's own environment.

The first line of standard input holds arguments of `LLM`, prompts and sampling; every further line asks for one run.
"""

import json
import os
import sys


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # whatever vLLM prints goes elsewhere
    settings = json.loads(sys.stdin.readline())
    from vllm import LLM, SamplingParams

    model = LLM(**settings["llm"])
    parameters = [SamplingParams(**settings["sampling"], seed=seed) for seed in settings["seeds"]]
    print("ready", file=answers, flush=True)
    for _ in sys.stdin:
        outputs = model.generate(settings["prompts"], parameters, use_tqdm=False)
        print(json.dumps([output.outputs[0].text for output in outputs]), file=answers, flush=True)
    os._exit(0)


if __name__ == "__main__":
    main()
