"""Runs a real OTLP collector, and tells what it sends on.

The collector (rotel) listens on two ports of this machine and sends on to a sink in this process.
The first line on stdout is where the collector listens, for HTTP and for gRPC; each further line is
one request as the sink read it, in JSON: ids in hexadecimal, values by the names of the OTLP schema,
so that their types show. A line `kill` on stdin kills the collector, `start` starts it on the same
ports; each is answered when it is done. It ends, and the collector with it, when stdin is closed, or
when a test cannot be waiting for it any more.
"""

import gzip
import json
import os
import select
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import rotel
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as logs
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as metrics
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as traces

TRIES = 5
PATIENCE_SECONDS = 20
LIFETIME_SECONDS = 300
KINDS = ("gauge", "sum", "histogram", "exponential_histogram", "summary")
stdout_lock = threading.Lock()


def say(value):
    with stdout_lock:
        print(json.dumps(value), flush=True)


def points(metric):
    """The points of a metric, as message or as JSON, whatever its kind."""
    if isinstance(metric, dict):
        data = next((metric[kind] for kind in KINDS if kind in metric), {})
        return data.get("data_points", [])
    kind = metric.WhichOneof("data")
    # The collector does not read all kinds in all encodings.
    return getattr(metric, kind).data_points if kind else []


def readable_metrics(request):
    """The request as JSON, with ids in hexadecimal instead of base64."""
    value = MessageToDict(request, preserving_proto_field_name=True)
    for resource, resource_json in zip(request.resource_metrics, value.get("resource_metrics", [])):
        for scope, scope_json in zip(resource.scope_metrics, resource_json["scope_metrics"]):
            for metric, metric_json in zip(scope.metrics, scope_json["metrics"]):
                for point, point_json in zip(points(metric), points(metric_json)):
                    for exemplar, exemplar_json in zip(point.exemplars, point_json.get("exemplars", [])):
                        exemplar_json["trace_id"] = exemplar.trace_id.hex()
                        exemplar_json["span_id"] = exemplar.span_id.hex()
    return value


def readable_traces(request):
    """The request as JSON, with ids in hexadecimal instead of base64."""
    value = MessageToDict(request, preserving_proto_field_name=True)
    for resource, resource_json in zip(request.resource_spans, value.get("resource_spans", [])):
        for scope, scope_json in zip(resource.scope_spans, resource_json["scope_spans"]):
            for span, span_json in zip(scope.spans, scope_json["spans"]):
                span_json["trace_id"] = span.trace_id.hex()
                span_json["span_id"] = span.span_id.hex()
                span_json["parent_span_id"] = span.parent_span_id.hex()
                for link, link_json in zip(span.links, span_json.get("links", [])):
                    link_json["trace_id"] = link.trace_id.hex()
                    link_json["span_id"] = link.span_id.hex()
    return value


def readable_logs(request):
    """The same for log records."""
    value = MessageToDict(request, preserving_proto_field_name=True)
    for resource, resource_json in zip(request.resource_logs, value.get("resource_logs", [])):
        for scope, scope_json in zip(resource.scope_logs, resource_json["scope_logs"]):
            for record, record_json in zip(scope.log_records, scope_json["log_records"]):
                record_json["trace_id"] = record.trace_id.hex()
                record_json["span_id"] = record.span_id.hex()
    return value


# By the path of a signal: what a request is, what it looks like in JSON, and what the answer is.
SIGNALS = {
    "/v1/logs": (logs.ExportLogsServiceRequest, readable_logs, logs.ExportLogsServiceResponse),
    "/v1/metrics": (
        metrics.ExportMetricsServiceRequest, readable_metrics,
        metrics.ExportMetricsServiceResponse,
    ),
    "/v1/traces": (
        traces.ExportTraceServiceRequest, readable_traces, traces.ExportTraceServiceResponse,
    ),
}


class Sink(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        request, shown, response = SIGNALS[self.path]
        say(shown(request.FromString(body)))
        answer = response().SerializeToString()
        self.send_response(200)
        self.send_header("content-type", "application/x-protobuf")
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        return True
    except OSError:
        return False


class Collector:
    """The collector, on ports that it keeps when it is killed and started again."""

    def __init__(self, sink_port):
        self.sink_port = sink_port
        self.http, self.grpc, self.process = 0, 0, None
        # A free port may be taken before the collector binds it: then another is tried.
        for _ in range(TRIES):
            self.http, self.grpc = free_port(), free_port()
            if self.start():
                return
        sys.exit("the collector did not start")

    def start(self):
        self.process = subprocess.Popen(
            [
                os.path.join(os.path.dirname(rotel.__file__), "rotel-agent"), "start",
                "--otlp-http-endpoint", f"127.0.0.1:{self.http}",
                "--otlp-grpc-endpoint", f"127.0.0.1:{self.grpc}",
                "--exporter", "otlp",
                "--otlp-exporter-protocol", "http",
                "--otlp-exporter-endpoint", f"http://127.0.0.1:{self.sink_port}",
                "--batch-timeout", "50ms",
            ],
            stdin=subprocess.DEVNULL, stdout=sys.stderr, stderr=sys.stderr,
        )
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.process.poll() is None and time.monotonic() < deadline:
            if listens(self.http) and listens(self.grpc):
                return True
            time.sleep(0.02)
        self.kill()
        return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(timeout=PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def obey(self, command):
        if command == "kill":
            self.kill()
        elif not self.start():
            sys.exit("the collector did not start again")
        say({"done": command})


def commands():
    """The lines of stdin, until it is closed or nobody can be waiting any more."""
    deadline = time.monotonic() + LIFETIME_SECONDS
    while select.select([sys.stdin], [], [], max(0, deadline - time.monotonic()))[0]:
        # One line at a time: the test waits for the answer before it writes the next.
        line = sys.stdin.readline()
        if not line:
            return
        yield line.strip()


def main():
    sink = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    collector = Collector(sink.server_address[1])
    try:
        say({
            "endpoint": f"http://127.0.0.1:{collector.http}",
            "grpc_endpoint": f"http://127.0.0.1:{collector.grpc}",
        })
        for command in commands():
            collector.obey(command)
    finally:
        collector.stop()


main()
