"""The server to compare with: a thread pool that calls the model for each request.

    python -m tests.bench.pool BUNDLE --workers 2

One model for each worker, so that none waits for another's tokenizer. Prints its port.
"""

from __future__ import annotations

import argparse
import queue
from concurrent import futures
from typing import Any

import grpc

from classifier.bundle import Bundle, load_bundle
from forumlens.v1 import classification_pb2 as cpb
from forumlens.v1 import classification_pb2_grpc
from service import convert, limits


class PerRequest(classification_pb2_grpc.ClassificationServiceServicer):
    """Classify and nothing else."""

    def __init__(self, bundles: list[Bundle]) -> None:
        self._free: queue.SimpleQueue[Bundle] = queue.SimpleQueue()
        for bundle in bundles:
            self._free.put(bundle)

    def Classify(self, request: cpb.ClassifyRequest, context: Any) -> cpb.ClassifyResponse:  # noqa: N802
        bundle = self._free.get()
        try:
            answers = bundle.classify(list(map(convert.post_input, request.posts)))
        finally:
            self._free.put(bundle)
        return cpb.ClassifyResponse(
            classifications=[convert.classification_message(each, lambda label: "", False) for each in answers]
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("bundle")
    parser.add_argument("--workers", type=int, default=1)
    given = parser.parse_args()
    bundles = [load_bundle(given.bundle) for _ in range(given.workers)]
    options = [("grpc.max_receive_message_length", limits.MAX_MESSAGE_BYTES)]
    server = grpc.server(futures.ThreadPoolExecutor(given.workers), options=options)
    servicer = PerRequest(bundles)
    classification_pb2_grpc.add_ClassificationServiceServicer_to_server(servicer, server)  # type: ignore[no-untyped-call]
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    main()
