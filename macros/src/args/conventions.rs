//! The options of each group, and what OpenTelemetry's semantic conventions (1.42) call them.

use super::known::{
    DATABASES, DISTANCES, GENAI_OPERATIONS, GENAI_PROVIDERS, Known, MESSAGING_OPERATIONS,
    MESSAGING_SYSTEMS, OUTPUTS, RPC_SYSTEMS, VECTOR_STORES,
};

/// One group of options.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) name: &'static str,
    pub(crate) entries: &'static [Entry],
    /// Options without which the convention says nothing.
    pub(crate) required: &'static [&'static str],
}

/// One option of a group.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    /// The attribute that it becomes.
    pub(crate) key: &'static str,
    pub(crate) takes: Takes,
    /// Whether it is a label of the conventions' metrics.
    pub(crate) is_label: bool,
}

/// What stands behind the name of an option.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Takes {
    Flag,
    /// A word of a set; any other text in `other(…)`.
    Known(&'static Known),
    /// A text that stands there as one.
    Literal,
    Number,
    /// A closure that is shown what the function returned.
    Result,
    /// A statement, recorded without its literals.
    Statement,
    Text,
}

impl Table {
    /// The group of this name.
    pub(crate) fn of(name: &str) -> Option<&'static Self> {
        TABLES.iter().find(|table| table.name == name)
    }

    /// The option of this name.
    pub(crate) fn entry(&self, name: &str) -> Option<&'static Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }
}

macro_rules! tables {
    ($($table:ident($($required:ident),*) { $($name:ident: $key:literal, $takes:expr $(=> $label:ident)?;)* })*) => {
        /// All groups.
        pub(crate) const TABLES: &[Table] = &[$(Table {
            name: stringify!($table),
            entries: &[
                $(Entry {
                    name: stringify!($name),
                    key: $key,
                    takes: $takes,
                    is_label: false $(|| $label)?,
                },)*
                Entry { name: "server_address", key: "server.address", takes: Text, is_label: true },
                Entry { name: "server_port", key: "server.port", takes: Number, is_label: true },
            ],
            required: &[$(stringify!($required)),*],
        }),*];
    };
}

/// A label of the convention's metrics.
const LABEL: bool = true;

use Takes::{Flag, Literal, Number, Result, Statement, Text};

tables! {
    db(system) {
        system: "db.system.name", Takes::Known(&DATABASES) => LABEL;
        operation: "db.operation.name", Text => LABEL;
        collection: "db.collection.name", Text => LABEL;
        namespace: "db.namespace", Text => LABEL;
        procedure: "db.stored_procedure.name", Text => LABEL;
        query: "db.query.text", Statement;
        summary: "db.query.summary", Text => LABEL;
        batch_size: "db.operation.batch.size", Number;
        rows: "db.response.returned_rows", Result;
        status: "db.response.status_code", Result;
    }
    genai(operation) {
        provider: "gen_ai.provider.name", Takes::Known(&GENAI_PROVIDERS) => LABEL;
        system: "gen_ai.provider.name", Takes::Known(&GENAI_PROVIDERS) => LABEL;
        operation: "gen_ai.operation.name", Takes::Known(&GENAI_OPERATIONS) => LABEL;
        model: "gen_ai.request.model", Text => LABEL;
        agent: "gen_ai.agent.name", Text;
        tool: "gen_ai.tool.name", Text => LABEL;
        tool_call: "gen_ai.tool.call.id", Text;
        conversation: "gen_ai.conversation.id", Text;
        data_source: "gen_ai.data_source.id", Text;
        workflow: "gen_ai.workflow.name", Text;
        output: "gen_ai.output.type", Takes::Known(&OUTPUTS);
        stream: "gen_ai.request.stream", Flag;
        choices: "gen_ai.request.choice.count", Number;
        dimensions: "gen_ai.embeddings.dimension.count", Number;
        max_tokens: "gen_ai.request.max_tokens", Number;
        seed: "gen_ai.request.seed", Number;
        temperature: "gen_ai.request.temperature", Number;
        top_k: "gen_ai.request.top_k", Number;
        top_p: "gen_ai.request.top_p", Number;
        frequency_penalty: "gen_ai.request.frequency_penalty", Number;
        presence_penalty: "gen_ai.request.presence_penalty", Number;
    }
    messaging(system, operation) {
        system: "messaging.system", Takes::Known(&MESSAGING_SYSTEMS) => LABEL;
        operation: "messaging.operation.type", Takes::Known(&MESSAGING_OPERATIONS) => LABEL;
        operation_name: "messaging.operation.name", Text => LABEL;
        destination: "messaging.destination.name", Text => LABEL;
        template: "messaging.destination.template", Text => LABEL;
        partition: "messaging.destination.partition.id", Text;
        subscription: "messaging.destination.subscription.name", Text => LABEL;
        consumer_group: "messaging.consumer.group.name", Text => LABEL;
        client: "messaging.client.id", Text;
        message: "messaging.message.id", Text;
        conversation: "messaging.message.conversation_id", Text;
        body_size: "messaging.message.body.size", Number;
        batch_size: "messaging.batch.message_count", Number;
    }
    rpc(system) {
        system: "rpc.system.name", Takes::Known(&RPC_SYSTEMS) => LABEL;
        service: "rpc.method", Literal => LABEL;
        method: "rpc.method", Text => LABEL;
        status: "rpc.response.status_code", Result;
    }
    vector_search(system) {
        system: "db.system.name", Takes::Known(&VECTOR_STORES) => LABEL;
        operation: "db.operation.name", Text => LABEL;
        collection: "db.collection.name", Text => LABEL;
        namespace: "db.namespace", Text => LABEL;
        model: "gen_ai.request.model", Text => LABEL;
        query_length: "db.vector.query.length", Number;
        dimensions: "db.vector.dimension_count", Number;
        top_k: "db.vector.query.top_k", Number;
        distance: "db.vector.similarity_metric", Takes::Known(&DISTANCES);
        results: "db.response.returned_rows", Result;
    }
}
