//! What is known of a request when it comes in.

use std::{net::SocketAddr, sync::Arc};

use http::{Extensions, HeaderMap, HeaderValue, Method, Request, Version, header};

use super::{
    exchange::Exchange,
    forwarded::{Ends, host_and_port},
    heads::Heads,
    options::{Captured, Options},
};
use crate::{
    call::AsyncCall,
    http::{
        correlation, method,
        route::{self, At, Path},
        rpc,
        site::{SERVER, Server},
        text::{bounded, query, version_text},
    },
    time,
    trace::{Writer, correlation::CorrelationId, propagation, request},
    value::Attribute,
};

/// In the extensions of a request: a layer of ours has it already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched;

/// In the extensions of a response: where a layer further in, which knew more, has seen it led to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found(pub(super) &'static Path);

/// The path that a router has found.
pub(super) fn found(extensions: &Extensions) -> Option<Found> {
    matched(extensions).and_then(route::path).map(Found)
}

/// Begins to answer a request; `None`: it is excluded.
pub(super) fn begin<B>(options: &Arc<Options>, request: &Request<B>) -> Option<Exchange> {
    let path = request.uri().path();
    if !options.excluded.is_empty() && options.excludes(path) {
        return None;
    }
    let start = time::ticks();
    let headers = request.headers();
    let (context, link) = propagation::extract_across(options.boundary, headers);
    let heads = Heads::of(headers, &options.correlation_header);
    let id = correlation::named(heads.correlation)
        .or_else(|| context.correlation_id())
        .unwrap_or_else(CorrelationId::new);
    let method = method::known(request.method().as_str());
    let matched = matched(request.extensions());
    let procedure = rpc::Procedure::of(request, matched);
    let at = At::of(matched.and_then(route::path), method);
    let ends = Ends::of(request.uri(), heads.host, headers, options.proxies);
    // What the request says of it, anyone may have written.
    let scheme = match ends.is_https {
        Some(true) => "https",
        Some(false) => "http",
        None => options.scheme,
    };
    let parts = Parts::of(request, heads);
    let said = procedure.as_ref();
    let seen = Seen { request: &parts, options, at, procedure: said, ends, scheme, id: &id };
    let said_route = match procedure {
        Some(rpc::Procedure::Known(name)) => name,
        _ => at.path(),
    };
    let named = request::Request { correlation_id: Some(id.clone()), method, route: said_route };
    let _attached = context.with_request(named).attach();
    let call =
        AsyncCall::start_carrying(&SERVER, |fields| fields.write(|writer| seen.write(writer)));
    let call = call.taking_part().links(|| link.as_slice());
    Some(Exchange::new(
        Arc::clone(options),
        call,
        start,
        super::exchange::About {
            at,
            scheme,
            procedure,
            request_bytes: parts.bytes,
            is_head: request.method() == Method::HEAD,
            is_connect: request.method() == Method::CONNECT,
        },
    ))
}

/// A request, whatever its body.
struct Parts<'r> {
    method: &'r str,
    path: &'r str,
    query: Option<&'r str>,
    version: Version,
    headers: &'r HeaderMap,
    user_agent: Option<&'r HeaderValue>,
    peer: Option<SocketAddr>,
    /// As long as its head says that its body is.
    bytes: Option<u64>,
}

impl<'r> Parts<'r> {
    fn of<B>(request: &'r Request<B>, heads: Heads<'r>) -> Self {
        Self {
            method: request.method().as_str(),
            path: request.uri().path(),
            query: request.uri().query(),
            version: request.version(),
            headers: request.headers(),
            user_agent: heads.user_agent,
            peer: peer(request.extensions()),
            bytes: heads.content_length.and_then(length),
        }
    }
}

/// What a span begins with.
struct Seen<'r> {
    request: &'r Parts<'r>,
    options: &'r Options,
    at: At,
    procedure: Option<&'r rpc::Procedure>,
    ends: Ends<'r>,
    scheme: &'static str,
    id: &'r CorrelationId,
}

impl Seen<'_> {
    fn write(&self, writer: &mut Writer) {
        let Parts { method, path, query: asked, version, headers, user_agent, peer, bytes } =
            *self.request;
        match self.procedure {
            Some(rpc::Procedure::Known(name)) => {
                writer.name_str(name);
                writer.set(Server::RPC_SYSTEM, rpc::SYSTEM);
                writer.set(Server::RPC_METHOD, *name);
            }
            // What it is, the response decides.
            Some(_) => writer.name_str(&self.at.span_name()),
            None => {
                writer.name_str(&self.at.span_name());
                writer.set(Server::METHOD, self.at.route.method);
                if self.at.route.method == method::OTHER {
                    writer.set(Server::METHOD_ORIGINAL, bounded(method));
                }
                if !self.at.path().is_empty() {
                    writer.set(Server::ROUTE, self.at.path());
                }
                writer.set(Server::PATH, bounded(path));
                if let Some(asked) = asked {
                    writer.set(Server::QUERY, &*query(asked));
                }
            }
        }
        writer.set(Server::SCHEME, self.scheme);
        if let Some(authority) = self.ends.authority {
            let (host, port) = host_and_port(authority);
            writer.set(Server::ADDRESS, bounded(host));
            if let Some(port) = port {
                writer.set(Server::PORT, &port);
            }
        }
        let address = peer.map(|peer| peer.ip());
        match (self.ends.client, address) {
            (Some(client), _) => writer.set(Server::CLIENT, bounded(client)),
            (None, Some(address)) => writer.display(Server::CLIENT, &address),
            (None, None) => {}
        }
        if let Some(peer) = peer {
            writer.display(Server::PEER, &peer.ip());
            writer.set(Server::PEER_PORT, &peer.port());
        }
        if let Some(agent) = user_agent.and_then(|agent| agent.to_str().ok()) {
            writer.set(Server::USER_AGENT, bounded(agent));
        }
        writer.set(Server::VERSION, version_text(version));
        if let Some(bytes) = bytes {
            writer.set(Server::REQUEST_SIZE, &bytes);
        }
        writer.set(Server::CORRELATION, self.id.as_str());
        capture(writer, &self.options.request_headers, headers);
    }
}

/// Records the headers that were asked for, each as the list of its values.
pub(super) fn capture(writer: &mut Writer, captured: &[Captured], headers: &HeaderMap) {
    for Captured { name, key } in captured {
        let values: Vec<_> = headers
            .get_all(name)
            .iter()
            .map(|value| bounded(value.to_str().unwrap_or("?")))
            .collect();
        if !values.is_empty() {
            writer.set_keyed(key, &values.as_slice() as &dyn Attribute);
        }
    }
}

/// How long a body is, by what its head says.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    length(headers.get(header::CONTENT_LENGTH)?)
}

fn length(value: &HeaderValue) -> Option<u64> {
    value.to_str().ok()?.parse().ok()
}

/// The route that a router has found.
#[cfg(feature = "axum-0-8")]
fn matched(extensions: &Extensions) -> Option<&str> {
    extensions.get::<axum::extract::MatchedPath>().map(axum::extract::MatchedPath::as_str)
}

#[cfg(not(feature = "axum-0-8"))]
fn matched(_extensions: &Extensions) -> Option<&str> {
    None
}

/// Who is at the other end of the connection, where the server says so.
fn peer(extensions: &Extensions) -> Option<SocketAddr> {
    #[cfg(feature = "axum-0-8")]
    if let Some(connection) = extensions.get::<axum::extract::ConnectInfo<SocketAddr>>() {
        return Some(connection.0);
    }
    extensions.get::<SocketAddr>().copied()
}
