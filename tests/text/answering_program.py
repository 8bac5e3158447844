"""A program that speaks to `Worker` as vLLM's does, with the same guard; it has a child of its own, which only the guard ends.

answering_program.py [fail | die | slow] RESULTS LIFE
"""

import json
import os
import signal
import subprocess
import sys
import time

from pipeline.text.engines.vllm import start_guard


def main(how: str, results: int, life: int) -> None:
    for descriptor in (results, life):
        os.set_inheritable(descriptor, False)
    start_guard(results, life)
    child = subprocess.Popen(["sleep", "600"])
    out = os.fdopen(results, "w")
    settings = json.loads(sys.stdin.readline())
    print("these are words")
    print("the last words", flush=True)
    if how == "fail":
        print(json.dumps({"error": "ValueError: no\n  such model."}), file=out, flush=True)
        return
    if how == "slow":
        time.sleep(60)
    print(json.dumps({"ready": True}), file=out, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if request["prompt"] == "cut":
            print('{"id": 0, "te', end="", file=out, flush=True)
        if request["prompt"] in ("die", "cut"):
            os.kill(os.getpid(), signal.SIGKILL)
        if request["prompt"] != "wait":
            text = f"{settings['greeting']} {request['prompt']} {request['seed']} {child.pid}"
            print(json.dumps({"id": request["id"], "text": text, "cut": False, "problem": ""}), file=out, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
