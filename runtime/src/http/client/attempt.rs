//! One attempt to send a request, until its response has been read.

use http::{HeaderMap, Method, Response, Version, header};

use super::options::{Options, ResendCount, Told, UrlTemplate};
use crate::{
    call::{AsyncCall, Carrier},
    http::{
        correlation::{self, X_CORRELATION_ID},
        measure::Sent,
        method,
        record::{CANCELLED, status_text},
        route, rpc,
        site::{CLIENT, Client},
        text::{address, bounded, default_port, version_text},
    },
    outcome::Outcome,
    time,
    trace::{Context, Writer, propagation, span::say},
};

/// An attempt under way.
#[derive(Debug)]
pub(super) struct Attempt {
    carrier: Carrier<()>,
    start: u64,
    about: About,
    status: u16,
    version: Option<Version>,
    rpc_status: Option<rpc::Status>,
    error_type: &'static str,
    bytes: u64,
    /// The head of the response is there.
    is_answered: bool,
    is_told: bool,
}

#[derive(Debug)]
struct About {
    method: &'static str,
    template: Option<&'static str>,
    procedure: Option<Box<str>>,
    host: Option<Box<str>>,
    port: Option<u16>,
}

/// In the extensions of a request: a layer of ours has it already.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watched;

/// A request that is about to be sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outgoing<'r> {
    pub(super) method: &'r Method,
    pub(super) scheme: Option<&'r str>,
    pub(super) host: Option<&'r str>,
    pub(super) port: Option<u16>,
    pub(super) path: &'r str,
    pub(super) query: Option<&'r str>,
    pub(super) headers: &'r HeaderMap,
    pub(super) template: Option<UrlTemplate>,
    pub(super) resent: Option<ResendCount>,
}

impl<'r> Outgoing<'r> {
    #[cfg(feature = "tower")]
    pub(super) fn of<B>(request: &'r http::Request<B>) -> Self {
        let uri = request.uri();
        Self {
            method: request.method(),
            scheme: uri.scheme_str(),
            host: uri.host().map(|host| host.trim_matches(['[', ']'])),
            port: uri.port_u16(),
            path: uri.path(),
            query: uri.query(),
            headers: request.headers(),
            template: request.extensions().get().copied(),
            resent: request.extensions().get().copied(),
        }
    }
}

impl Attempt {
    /// Begins an attempt; the headers that go with it are those that [`Attempt::tell`] adds.
    pub(super) fn begin(options: &Options, request: Outgoing<'_>) -> (Self, Headers) {
        let start = time::ticks();
        let method = method::known(request.method.as_str());
        let procedure = rpc::procedure(request.method, request.path, request.headers);
        let template = request.template.map(|UrlTemplate(template)| template);
        let server = options.server.as_ref().map(|(host, port)| (&**host, *port));
        let host = request.host.or(server.map(|(host, _)| host));
        let port = match request.host {
            Some(_) => request.port.or_else(|| default_port(request.scheme?)),
            None => server.map(|(_, port)| port),
        };
        let seen =
            Seen { request, method, procedure, template, host, port, context: Context::peek() };
        let call =
            AsyncCall::start_carrying(&CLIENT, |fields| fields.write(|writer| seen.write(writer)));
        let headers = Headers::of(call.context(), options.tells(host, port));
        let about = About {
            method,
            template,
            procedure: procedure.map(Into::into),
            host: host.map(Into::into),
            port,
        };
        let attempt = Self {
            carrier: Carrier::new(call),
            start,
            about,
            status: 0,
            version: None,
            rpc_status: None,
            error_type: "",
            bytes: 0,
            is_answered: false,
            is_told: false,
        };
        (attempt, headers)
    }

    /// Runs a poll within the span.
    pub(super) fn poll<R>(&mut self, run: impl FnOnce() -> R) -> R {
        self.carrier.poll(|_| run())
    }

    /// The head of the response is there.
    pub(super) fn answered<B>(&mut self, response: &Response<B>, is_whole: bool) {
        let headers = response.headers();
        self.status = response.status().as_u16();
        self.version = Some(response.version());
        self.is_answered = true;
        if self.about.procedure.is_some() {
            self.rpc_status = rpc::Status::in_headers(headers);
        }
        if is_whole {
            self.finish();
        }
    }

    /// Some of the body has come.
    pub(super) fn received(&mut self, bytes: usize) {
        self.bytes += bytes as u64;
    }

    pub(super) fn trailers(&mut self, trailers: &HeaderMap) {
        if self.about.procedure.is_some() {
            self.rpc_status = rpc::Status::in_headers(trailers).or(self.rpc_status);
        }
    }

    /// It failed otherwise than by what the server answered.
    pub(super) fn fail(&mut self, error_type: &'static str, message: Option<&str>) {
        self.error_type = error_type;
        if let Some(message) = message
            && self.carrier.is_recording()
        {
            let span = self.carrier.span();
            say::error(span, error_type, &message);
            self.carrier.late(|_| {});
        }
        self.finish();
    }

    /// Nothing more will come.
    pub(super) fn finish(&mut self) {
        if self.is_told {
            return;
        }
        if self.error_type.is_empty() {
            self.error_type = self.failure();
        }
        self.say();
        self.carrier.end(if self.error_type.is_empty() { Outcome::Ok } else { Outcome::Error });
    }

    /// Whoever held it goes away. Who has the head of a response need not read all of it.
    pub(super) fn begin_drop(&mut self) {
        if !self.is_told && self.is_answered && !self.carrier.is_polling() {
            self.finish();
        } else if !self.is_told {
            self.error_type = if self.carrier.is_polling() { "panic" } else { CANCELLED };
            self.say();
        }
        self.carrier.begin_drop();
    }

    /// What of the answer is an error, to whoever asked.
    fn failure(&mut self) -> &'static str {
        if self.about.procedure.is_none() {
            return if self.status >= 400 { status_text(self.status) } else { "" };
        }
        if self.rpc_status.is_none() && self.status != 200 {
            self.rpc_status = Some(rpc::Status::of_http(self.status));
        }
        // Without a status the caller has not waited for it.
        self.rpc_status.filter(|status| *status != rpc::Status::OK).map_or("", rpc::Status::name)
    }

    fn say(&mut self) {
        self.is_told = true;
        let seconds = time::nanos_between(self.start, time::ticks()) as f64 / 1e9;
        if self.carrier.is_recording() {
            let (this, span) = (&*self, self.carrier.span());
            say::attributes(span, &|writer| this.write(writer));
            self.carrier.late(|_| {});
        }
        let About { method, template, procedure, host, port } = &self.about;
        let sent = Sent {
            method,
            template: procedure.as_deref().or(*template),
            host: host.as_deref(),
            port: *port,
            status: self.status,
            error_type: self.error_type,
            seconds,
        };
        let rpc_status = self.rpc_status.map(rpc::Status::name);
        let is_procedure = procedure.is_some();
        self.carrier
            .within(|| if is_procedure { sent.record_call(rpc_status) } else { sent.record() });
    }

    fn write(&self, writer: &mut Writer) {
        if let Some(version) = self.version {
            writer.set_known("network.protocol.version", version_text(version));
        }
        match self.rpc_status {
            Some(status) => writer.set_known("rpc.response.status_code", status.name()),
            None if self.about.procedure.is_none() && self.status > 0 => {
                writer.set_known("http.response.status_code", &self.status);
                writer.set_known("http.response.body.size", &self.bytes);
            }
            None => {}
        }
        if !self.error_type.is_empty() {
            writer.set_known("error.type", self.error_type);
        }
    }
}

/// A client can panic before there is a future that holds the attempt.
impl Drop for Attempt {
    fn drop(&mut self) {
        if !self.is_told {
            self.begin_drop();
        }
    }
}

/// What a span begins with.
struct Seen<'r> {
    request: Outgoing<'r>,
    method: &'static str,
    procedure: Option<&'r str>,
    template: Option<&'static str>,
    host: Option<&'r str>,
    port: Option<u16>,
    context: Context,
}

impl Seen<'_> {
    fn write(&self, writer: &mut Writer) {
        let Outgoing { method, scheme, path, query, headers, resent, .. } = self.request;
        match self.procedure {
            Some(procedure) => {
                writer.name_str(procedure);
                writer.set(Client::RPC_SYSTEM, rpc::SYSTEM);
                writer.set(Client::RPC_METHOD, procedure);
            }
            None => {
                let route = self.template.map(|template| route::of(self.method, template));
                writer.name_str(route.unwrap_or_else(|| route::bare(self.method)).name);
                writer.set(Client::METHOD, self.method);
                if self.method == method::OTHER {
                    writer.set(Client::METHOD_ORIGINAL, bounded(method.as_str()));
                }
                if let Some(host) = self.host {
                    let scheme = scheme.unwrap_or("http");
                    writer.set(Client::URL, &*address(scheme, host, self.port, path, query));
                }
                if let Some(template) = self.template {
                    writer.set(Client::TEMPLATE, template);
                }
            }
        }
        if let Some(host) = self.host {
            writer.set(Client::ADDRESS, bounded(host));
        }
        if let Some(port) = self.port {
            writer.set(Client::PORT, &port);
        }
        if let Some(ResendCount(count)) = resent.filter(|ResendCount(count)| *count > 0) {
            writer.set(Client::RESEND_COUNT, &count);
        }
        let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
        if let Some(length) = length.and_then(|length| length.parse::<u64>().ok()) {
            writer.set(Client::REQUEST_SIZE, &length);
        }
        if let Some(id) = self.context.correlation_id_ref() {
            writer.set(Client::CORRELATION, id.as_str());
        }
    }
}

/// What the receiver is told.
#[derive(Debug)]
pub(super) struct Headers {
    context: Context,
    told: Option<Told>,
}

impl Headers {
    fn of(context: &Context, told: Option<Told>) -> Self {
        Self { context: context.clone(), told }
    }

    #[cfg(feature = "reqwest")]
    pub(super) fn tell_anything(&self) -> bool {
        self.told.is_some()
    }

    /// Tells it.
    pub(super) fn put(self, headers: &mut HeaderMap) {
        match self.told {
            None => return,
            Some(Told::All) => propagation::inject_context(&self.context, headers),
            Some(Told::WithoutBaggage) => {
                propagation::inject_without_baggage(&self.context, headers);
            }
        }
        if let Some(id) = self.context.correlation_id_ref() {
            correlation::name(headers, &X_CORRELATION_ID, id);
        }
    }
}
