"""The gRPC server: limits, keepalive for machines that sleep and roam, and a port that is ours alone."""

import errno
import socket
from dataclasses import dataclass

import grpc.aio

from barwatch_collector.config import Endpoint
from barwatch_collector.errors import ConfigError, PortTaken
from barwatch_collector.service import TelemetryService
from barwatch_proto.codec import MAX_BATCH_BYTES
from barwatch_proto.v1.telemetry_pb2_grpc import add_TelemetryServicer_to_server

SLACK_BYTES = 64 << 10  # a batch a little over the limit gets an answer with its number; one far over ends the stream
OPTIONS = (
    ("grpc.max_receive_message_length", MAX_BATCH_BYTES + SLACK_BYTES),
    (
        "grpc.so_reuseport",
        0,
    ),  # two collectors on one port would share the agents between them, and neither would say so
    # A laptop that was closed or has changed its network says nothing: 45 s later its stream is known to be gone.
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 15_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),  # agents may ask as often, too
)


@dataclass(frozen=True, slots=True)
class BoundServer:
    """A server that has its port and is not started."""

    server: grpc.aio.Server
    endpoint: Endpoint  # with the port that was given out where any was asked for


def build_server(service: TelemetryService, endpoint: Endpoint) -> BoundServer:
    """A server for agents at that address. Call it on the event loop that will serve.

    Raises:
        PortTaken: something else listens there.
        ConfigError: the address is not one of this machine.
    """
    server = grpc.aio.server(options=OPTIONS)
    add_TelemetryServicer_to_server(service, server)
    try:
        port = server.add_insecure_port(str(endpoint))
    except RuntimeError as exc:
        raise _why_not(endpoint) from exc
    return BoundServer(server, Endpoint(endpoint.host, port))


def _why_not(endpoint: Endpoint) -> PortTaken | ConfigError:
    """What the operating system has against an address; gRPC does not tell."""
    family = socket.AF_INET6 if ":" in endpoint.host else socket.AF_INET
    try:
        socket.create_server((endpoint.host, endpoint.port), family=family).close()
    except OSError as exc:
        if exc.errno != errno.EADDRINUSE:
            return ConfigError(f"cannot listen on {endpoint} for agents: {exc.strerror}")
    return PortTaken(f"port {endpoint.port} on {endpoint.host} is taken; give agents another one with --grpc-address")
