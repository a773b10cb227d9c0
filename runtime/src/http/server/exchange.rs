//! One request and its response, from the first byte to the last.

use std::{mem, sync::Arc};

use http::{HeaderMap, StatusCode, response};

use super::{
    begin::{Found, capture},
    options::Options,
};
use crate::{
    call::{AsyncCall, Carrier},
    http::{
        correlation, measure,
        record::{CANCELLED, status_text},
        route::{self, At, Path, Route},
        rpc::{self, Procedure},
        text::bounded,
    },
    metrics::BoundUpDownCounter,
    outcome::Outcome,
    time,
    trace::{Writer, span::say},
};

/// A request that is being answered.
///
/// It is in the hands of the future that makes the response, then of the response's body; dropped
/// before its end, the client went away, or somebody panicked.
#[derive(Debug)]
pub(super) struct Exchange {
    carrier: Carrier<()>,
    options: Arc<Options>,
    start: u64,
    about: About,
    active: BoundUpDownCounter,
    #[cfg(feature = "axum-0-8")]
    read: Option<super::reading::Read>,
    status: u16,
    rpc_status: Option<rpc::Status>,
    error_type: &'static str,
    response_bytes: u64,
    is_told: bool,
}

/// What is known of the request.
#[derive(Debug)]
pub(super) struct About {
    pub(super) at: At,
    pub(super) scheme: &'static str,
    pub(super) procedure: Option<Procedure>,
    pub(super) request_bytes: Option<u64>,
    pub(super) is_head: bool,
    pub(super) is_connect: bool,
}

impl Exchange {
    pub(super) fn new(options: Arc<Options>, call: AsyncCall, start: u64, about: About) -> Self {
        let Route { method, found, .. } = about.at.route;
        let active = found.active(method, about.scheme);
        active.add(1);
        Self {
            carrier: Carrier::new(call),
            options,
            start,
            about,
            active,
            #[cfg(feature = "axum-0-8")]
            read: None,
            status: 0,
            rpc_status: None,
            error_type: "",
            response_bytes: 0,
            is_told: false,
        }
    }

    /// Runs a poll within the span.
    pub(super) fn poll<R>(&mut self, run: impl FnOnce() -> R) -> R {
        self.carrier.poll(|_| run())
    }

    /// The body of the request is going to be read.
    #[cfg(feature = "axum-0-8")]
    pub(super) fn reading(&mut self, read: Option<super::reading::Read>) {
        self.read = read;
    }

    /// How much of the request's body was read, where that is known.
    fn read_bytes(&self) -> Option<u64> {
        #[cfg(feature = "axum-0-8")]
        if let Some(read) = &self.read {
            return Some(read.bytes());
        }
        self.about.request_bytes.filter(|bytes| *bytes == 0)
    }

    /// The head of the response is there; `true`: so is all of it.
    pub(super) fn respond(&mut self, head: &mut response::Parts, is_empty: bool) -> bool {
        self.status = head.status.as_u16();
        if let Some(id) = self.carrier.context().correlation_id_ref() {
            correlation::name(&mut head.headers, &self.options.correlation_header, id);
        }
        if self.about.procedure.is_some() {
            self.rpc_status = rpc::Status::in_headers(&head.headers);
            self.settle(self.rpc_status.is_some() || rpc::is_content(&head.headers));
        }
        if let Some(Found(path)) = head.extensions.remove() {
            self.lead_to(path);
        }
        if !self.options.response_headers.is_empty() {
            let captured = &self.options.response_headers;
            self.carrier.late(|span| {
                say::attributes(span, &|writer| capture(writer, captured, &head.headers));
            });
        }
        let has_no_body = self.about.is_head
            || head.status.is_informational()
            || matches!(head.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
            || self.about.is_connect && head.status.is_success();
        let is_whole = is_empty || has_no_body;
        if is_whole {
            self.finish();
        }
        is_whole
    }

    /// Some of the body has been handed over.
    pub(super) fn sent(&mut self, bytes: usize) {
        self.response_bytes += bytes as u64;
    }

    pub(super) fn sent_bytes(&self) -> u64 {
        self.response_bytes
    }

    pub(super) fn trailers(&mut self, trailers: &HeaderMap) {
        if self.about.procedure.is_some() {
            self.rpc_status = rpc::Status::in_headers(trailers).or(self.rpc_status);
        }
    }

    /// The service or the body has failed.
    pub(super) fn fail(&mut self, error_type: &'static str) {
        self.error_type = error_type;
        self.finish();
    }

    /// A layer further in knows the route.
    #[cold]
    fn lead_to(&mut self, path: &'static Path) {
        if self.about.procedure.is_some() || !self.about.at.path().is_empty() {
            return;
        }
        let at = At::of(Some(path), self.about.at.route.method);
        self.carrier.late(|span| {
            say::name(span, &at.span_name());
            say::attributes(span, &|writer| writer.set_known("http.route", at.path()));
        });
        self.about.at = at;
    }

    /// Whether a request that looks like a call is one, is decided.
    fn settle(&mut self, is_call: bool) {
        let Some(Procedure::Claimed(name)) = &mut self.about.procedure else { return };
        let (name, at) = (mem::take(name), self.about.at);
        if self.carrier.is_recording() {
            let span = self.carrier.span();
            if is_call {
                say::name(span, &name);
            }
            say::attributes(span, &|writer| {
                if is_call {
                    writer.set_known("rpc.system.name", rpc::SYSTEM);
                    writer.set_known("rpc.method", &*name);
                    return;
                }
                writer.set_known("http.request.method", at.route.method);
                writer.set_known("url.path", bounded(&format!("/{name}")));
                if !at.path().is_empty() {
                    writer.set_known("http.route", at.path());
                }
            });
            self.carrier.late(|_| {});
        }
        self.about.procedure = is_call.then_some(Procedure::Confirmed(name));
    }

    /// A procedure that has answered is remembered.
    fn learn(&mut self) {
        if let Some(Procedure::Confirmed(name)) = &self.about.procedure
            && self.rpc_status.is_some_and(rpc::Status::is_of_procedure)
            && let Some(known) = route::procedure(name)
        {
            self.about.procedure = Some(Procedure::Known(known.text));
        }
    }

    /// All of the response is there.
    pub(super) fn finish(&mut self) {
        if self.is_told {
            return;
        }
        self.settle(false);
        self.learn();
        let is_error = match &self.about.procedure {
            Some(_) => {
                let missing = || match self.status {
                    200 | 0 => rpc::Status::UNKNOWN,
                    status => rpc::Status::of_http(status),
                };
                let status = *self.rpc_status.get_or_insert_with(missing);
                if status.is_error_of_server() && self.error_type.is_empty() {
                    self.error_type = status.name();
                }
                status.is_error_of_server() || !self.error_type.is_empty()
            }
            None => {
                if self.status >= 500 && self.error_type.is_empty() {
                    self.error_type = status_text(self.status);
                }
                !self.error_type.is_empty()
            }
        };
        self.tell();
        self.carrier.end(if is_error { Outcome::Error } else { Outcome::Ok });
    }

    /// Whoever held it goes away; until it is dropped itself, its span is current.
    pub(super) fn begin_drop(&mut self) {
        if !self.is_told {
            self.error_type = if self.carrier.is_polling() { PANICKED } else { CANCELLED };
            self.settle(false);
            self.tell();
        }
        self.carrier.begin_drop();
    }

    /// Says how it went: in the span, and to the metrics.
    fn tell(&mut self) {
        self.is_told = true;
        self.about.at.answered(self.status);
        self.active.add(-1);
        let seconds = time::nanos_between(self.start, time::ticks()) as f64 / 1e9;
        let (this, slow) = (&*self, self.options.slow.map(|slow| slow.as_secs_f64()));
        if self.carrier.is_recording() {
            let span = self.carrier.span();
            say::attributes(span, &|writer| this.write(writer));
            if let Some(slow) = slow.filter(|slow| seconds > *slow) {
                say::event(span, "slow request", &[("duration", &seconds), ("threshold", &slow)]);
            }
            self.carrier.late(|_| {});
        }
        let (status, error_type) = (self.status, self.error_type);
        let measured = Measured {
            about: &self.about,
            status,
            error_type,
            rpc: self.rpc_status,
            request_bytes: self.read_bytes(),
            response_bytes: self.response_bytes,
            seconds,
        };
        self.carrier.within(|| measured.record());
    }

    fn write(&self, writer: &mut Writer) {
        match self.rpc_status {
            Some(status) if self.about.procedure.is_some() => {
                writer.set_known("rpc.response.status_code", status.name());
            }
            _ if self.status > 0 => {
                writer.set_known("http.response.status_code", &self.status);
                writer.set_known("http.response.body.size", &self.response_bytes);
            }
            _ => {}
        }
        if !self.error_type.is_empty() {
            writer.set_known("error.type", self.error_type);
        }
    }
}

/// A service can panic before there is a future that holds the exchange.
impl Drop for Exchange {
    fn drop(&mut self) {
        if !self.is_told {
            self.begin_drop();
        }
    }
}

/// What the metrics are told.
struct Measured<'e> {
    about: &'e About,
    status: u16,
    error_type: &'static str,
    rpc: Option<rpc::Status>,
    request_bytes: Option<u64>,
    response_bytes: u64,
    seconds: f64,
}

impl Measured<'_> {
    fn record(&self) {
        let Self { about, status, error_type, rpc, request_bytes, response_bytes, seconds } = *self;
        if let Some(procedure) = &about.procedure {
            // A stranger can call by any name.
            let name = if let Procedure::Known(name) = procedure { name } else { "_OTHER" };
            return measure::called(name, rpc.map(rpc::Status::name), error_type, seconds);
        }
        let Route { method, path: route, ref found, .. } = *about.at.route;
        let served =
            measure::Served { method, route, scheme: about.scheme, status, error_type, seconds };
        served.record_all(found, request_bytes, response_bytes);
    }
}

const PANICKED: &str = "panic";
