//! Which attributes of a span are sent: those that are known to be about no person.
//!
//! A list of what is personal would never be whole: an argument may be called anything. So the list is
//! of what the conventions say about the program itself, and of what the program names.

use std::sync::Arc;

/// Keys, and beginnings of keys, of what is about the program and not about who uses it.
const IMPERSONAL: [&str; 33] = [
    "code.",
    "db.",
    "error.type",
    "gen_ai.agent.",
    "gen_ai.data_source.",
    "gen_ai.embeddings.",
    "gen_ai.operation.",
    "gen_ai.output.type",
    "gen_ai.provider.",
    "gen_ai.request.",
    "gen_ai.response.",
    "gen_ai.system",
    "gen_ai.token.",
    "gen_ai.tool.name",
    "gen_ai.tool.type",
    "gen_ai.usage.",
    "gen_ai.workflow.",
    "http.method",
    "http.request.body.size",
    "http.request.method",
    "http.request.resend_count",
    "http.response.body.size",
    "http.response.status_code",
    "http.route",
    "http.status_code",
    "messaging.",
    "network.protocol.",
    "otel.",
    "rpc.",
    "service.",
    "spandrel.",
    "url.scheme",
    "url.template",
];

/// And among those, what a person may have said or may be found by.
const PERSONAL: [&str; 9] = [
    "db.connection_string",
    "db.query.parameter.",
    "db.statement",
    "db.user",
    "gen_ai.response.id",
    "messaging.client.id",
    "messaging.kafka.message.key",
    "messaging.message.conversation_id",
    "messaging.message.id",
];

/// Which attributes of spans are sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown {
    /// Whatever they are about.
    pub(super) all: bool,
    /// Those that the program has named.
    pub(super) named: Arc<[String]>,
}

impl Shown {
    pub(super) fn has(&self, key: &str) -> bool {
        self.all || self.named.iter().any(|named| named == key) || is_impersonal(key)
    }
}

fn is_impersonal(key: &str) -> bool {
    let among = |list: &[&str]| {
        let is = |known: &&str| {
            if known.ends_with('.') { key.starts_with(known) } else { key == *known }
        };
        list.iter().any(is)
    };
    // Headers of `rpc.request.metadata.…` and its like.
    among(&IMPERSONAL) && !among(&PERSONAL) && !key.contains(".metadata.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_about_the_program_is_shown_unless_more_is_asked_for() {
        let usual = Shown::default();
        for key in [
            "code.function.name",
            "db.query.text",
            "error.type",
            "gen_ai.usage.input_tokens",
            "http.response.status_code",
            "http.route",
            "messaging.destination.name",
            "rpc.method",
        ] {
            assert!(usual.has(key), "{key}");
        }
        for key in [
            "",
            "client.address",
            "db.query.parameter.0",
            "db.statement",
            "email",
            "enduser.id",
            "exception.message",
            "gen_ai.conversation.id",
            "gen_ai.input.messages",
            "gen_ai.tool.call.arguments",
            "http.request.header.user-agent",
            "http.route.of.ann",
            "http.target",
            "messaging.kafka.message.key",
            "name",
            "network.peer.address",
            "phone",
            "rpc.request.metadata.authorization",
            "session.id",
            "source.address",
            "url.full",
            "url.path",
            "user.id",
            "user_agent.original",
        ] {
            assert!(!usual.has(key), "{key}");
            assert!(Shown { all: true, ..Shown::default() }.has(key), "{key}");
        }
        let named = Shown { named: Arc::new(["order.id".to_owned()]), ..Shown::default() };
        assert!(named.has("order.id") && !named.has("order.note"));
    }
}
