"""Runs the proposal service until its input ends, by Python of its environment: PORT REPLICAS."""

import sys

import ray
from ray import serve

from core.proposal_jobs.ray_service import build


def main(port: int, replicas: int) -> None:
    ray.init(
        num_cpus=replicas + 1,
        include_dashboard=False,
        log_to_driver=False,
        _node_ip_address="127.0.0.1",
        object_store_memory=200 * 2**20,
    )
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    serve.run(build({"replicas": replicas, "device": "cpu", "num_cpus": 1}), route_prefix="/")
    print("ready", flush=True)
    sys.stdin.read()
    serve.shutdown()
    ray.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
