//! The metrics that OpenTelemetry's semantic conventions have for operations, and their buckets.

use crate::{
    metrics::Histogram,
    site::{Convention, SpanKind},
    value::Value,
};

const RPC: &[f64] =
    &[0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
const GENAI: &[f64] =
    &[0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];
const CHUNKS: &[f64] =
    &[0.001, 0.005, 0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
const TOKENS: &[f64] = &[
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

macro_rules! histograms {
    ($($name:ident: $metric:literal, $unit:literal, $bounds:expr, $description:literal;)*) => {$(
        pub(super) static $name: Histogram =
            Histogram::new($metric, $description).unit($unit).scope("spandrel").bounds($bounds);
    )*};
}

histograms! {
    DB: "db.client.operation.duration", "s", &[0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0],
        "Duration of database client operations";
    GENAI_CLIENT: "gen_ai.client.operation.duration", "s", GENAI, "Duration of GenAI operations";
    GENAI_TOOL: "gen_ai.execute_tool.duration", "s", GENAI, "Duration of executions of tools";
    GENAI_FIRST_CHUNK: "gen_ai.client.operation.time_to_first_chunk", "s", CHUNKS,
        "Time from the request to the first chunk of the answer";
    GENAI_USAGE: "gen_ai.client.token.usage", "{token}", TOKENS,
        "Number of input and output tokens used";
    MESSAGING_CLIENT: "messaging.client.operation.duration", "s", RPC,
        "Duration of operations of clients of messaging systems";
    MESSAGING_PROCESS: "messaging.process.duration", "s", RPC, "Duration of processing messages";
    RPC_CLIENT: "rpc.client.call.duration", "s", RPC, "Duration of calls of other services";
    RPC_SERVER: "rpc.server.call.duration", "s", RPC, "Duration of calls that were served";
}

/// The metric of the durations of such calls.
pub(super) fn durations(
    convention: Convention,
    kind: SpanKind,
    constants: &[(&str, Value<'_>)],
) -> &'static Histogram {
    let is = |key: &str, value: &str| constants.contains(&(key, Value::Str(value)));
    match convention {
        Convention::Db => &DB,
        Convention::Genai if is("gen_ai.operation.name", "execute_tool") => &GENAI_TOOL,
        Convention::Genai => &GENAI_CLIENT,
        Convention::Messaging if is("messaging.operation.type", "process") => &MESSAGING_PROCESS,
        Convention::Messaging => &MESSAGING_CLIENT,
        Convention::Rpc if kind == SpanKind::Server => &RPC_SERVER,
        Convention::Rpc => &RPC_CLIENT,
    }
}
