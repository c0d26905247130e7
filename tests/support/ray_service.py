"""Runs the proposal service until its input ends: PORT REPLICAS LEASE, by Python with Ray."""

import sys

import ray
from ray import serve

from core.proposal_jobs.ray_service import build

_ATTEMPTS = 3


def main(port: int, replicas: int, lease: float) -> None:
    start(replicas + 1)
    serve.start(http_options={"host": "127.0.0.1", "port": port})
    wanted = {"replicas": replicas, "device": "cpu", "num_cpus": 1, "lease_seconds": lease}
    serve.run(build(wanted), route_prefix="/")
    print("ready", flush=True)
    sys.stdin.read()
    serve.shutdown()
    ray.shutdown()


def start(cores: int) -> None:
    """Start Ray; where the machine is at work, it may give up after half a minute."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            ray.init(
                num_cpus=cores,
                include_dashboard=False,
                log_to_driver=False,
                _node_ip_address="127.0.0.1",
                object_store_memory=200 * 2**20,
            )
            return
        except Exception as error:
            if attempt == _ATTEMPTS or "timed out during startup" not in str(error):
                raise
            ray.shutdown()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
