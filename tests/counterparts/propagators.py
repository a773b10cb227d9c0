"""The propagators of OpenTelemetry's Python SDK, asked line by line.

A question is one line of JSON on stdin. {"propagator", "inject": {"trace_id", "span_id", "sampled",
"state", "baggage"}} is answered with the headers, {"propagator", "extract": headers} with what was
read, or with null where that is no span. It ends when stdin is closed.
"""

import json
import sys

from opentelemetry import baggage, context, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.propagators.b3 import B3MultiFormat, B3SingleFormat
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.jaeger import JaegerPropagator
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

PROPAGATORS = {
    "b3": B3SingleFormat(),
    "b3multi": B3MultiFormat(),
    "jaeger": JaegerPropagator(),
    "tracecontext,baggage": CompositePropagator(
        [TraceContextTextMapPropagator(), W3CBaggagePropagator()]
    ),
}


def inject(propagator, span):
    parent = trace.SpanContext(
        trace_id=int(span["trace_id"], 16),
        span_id=int(span["span_id"], 16),
        is_remote=True,
        trace_flags=trace.TraceFlags(int(span["sampled"])),
        trace_state=trace.TraceState.from_header([span["state"]]),
    )
    current = trace.set_span_in_context(trace.NonRecordingSpan(parent), context.Context())
    for name, value in span["baggage"].items():
        current = baggage.set_baggage(name, value, current)
    headers = {}
    propagator.inject(headers, current)
    return headers


def extract(propagator, headers):
    read = propagator.extract(headers, context.Context())
    span = trace.get_current_span(read).get_span_context()
    if not span.is_valid:
        return None
    return {
        "trace_id": trace.format_trace_id(span.trace_id),
        "span_id": trace.format_span_id(span.span_id),
        "sampled": span.trace_flags.sampled,
        "state": span.trace_state.to_header(),
        "baggage": dict(baggage.get_all(read)),
    }


for line in sys.stdin:
    question = json.loads(line)
    propagator = PROPAGATORS[question["propagator"]]
    if "inject" in question:
        answer = inject(propagator, question["inject"])
    else:
        answer = extract(propagator, question["extract"])
    print(json.dumps(answer), flush=True)
