//! The sites of servers and clients, and the order of their fields.

use crate::site::{Field, Meta, Site, SpanKind, Traced};

/// The fields of a server's span.
#[cfg(feature = "tower")]
pub(super) struct Server;

#[cfg(feature = "tower")]
impl Server {
    pub(super) const METHOD: u8 = 0;
    pub(super) const METHOD_ORIGINAL: u8 = 1;
    pub(super) const ROUTE: u8 = 2;
    pub(super) const PATH: u8 = 3;
    pub(super) const QUERY: u8 = 4;
    pub(super) const SCHEME: u8 = 5;
    pub(super) const ADDRESS: u8 = 6;
    pub(super) const PORT: u8 = 7;
    pub(super) const CLIENT: u8 = 8;
    pub(super) const PEER: u8 = 9;
    pub(super) const PEER_PORT: u8 = 10;
    pub(super) const USER_AGENT: u8 = 11;
    pub(super) const VERSION: u8 = 12;
    pub(super) const REQUEST_SIZE: u8 = 13;
    pub(super) const CORRELATION: u8 = 14;
    pub(super) const RPC_SYSTEM: u8 = 15;
    pub(super) const RPC_METHOD: u8 = 16;

    const FIELDS: &'static [Field] = &Field::list([
        "http.request.method",
        "http.request.method_original",
        "http.route",
        "url.path",
        "url.query",
        "url.scheme",
        "server.address",
        "server.port",
        "client.address",
        "network.peer.address",
        "network.peer.port",
        "user_agent.original",
        "network.protocol.version",
        "http.request.body.size",
        "correlation_id",
        "rpc.system.name",
        "rpc.method",
    ]);
}

/// The fields of a client's span.
pub(super) struct Client;

impl Client {
    pub(super) const METHOD: u8 = 0;
    pub(super) const METHOD_ORIGINAL: u8 = 1;
    pub(super) const URL: u8 = 2;
    pub(super) const TEMPLATE: u8 = 3;
    pub(super) const ADDRESS: u8 = 4;
    pub(super) const PORT: u8 = 5;
    pub(super) const RESEND_COUNT: u8 = 6;
    pub(super) const REQUEST_SIZE: u8 = 7;
    pub(super) const CORRELATION: u8 = 8;
    pub(super) const RPC_SYSTEM: u8 = 9;
    pub(super) const RPC_METHOD: u8 = 10;

    const FIELDS: &'static [Field] = &Field::list([
        "http.request.method",
        "http.request.method_original",
        "url.full",
        "url.template",
        "server.address",
        "server.port",
        "http.request.resend_count",
        "http.request.body.size",
        "correlation_id",
        "rpc.system.name",
        "rpc.method",
    ]);
}

/// Of requests that come in.
#[cfg(feature = "tower")]
pub(super) static SERVER: Site = site(
    "{method} {route}",
    Traced::new().kind(SpanKind::Server).fields(Server::FIELDS).target("spandrel::http"),
);

/// Of requests that go out.
pub(super) static CLIENT: Site = site(
    "{method} {template}",
    Traced::new().kind(SpanKind::Client).fields(Client::FIELDS).target("spandrel::http"),
);

const fn site(pattern: &'static str, traced: Traced) -> Site {
    let meta = Meta::block(pattern, module_path!(), file!(), line!());
    Site::new(meta).traced(traced.dynamic_name(pattern))
}
