//! From settings to the sink that sends by them.

use std::sync::Arc;

use ureq::tls::TlsConfig;

use super::{Zipkin, batch::Batch, config::Settings};
use crate::{
    export::{
        Compression, OwnCrate,
        delivery::{self, Dialect, Http, Sender, Target, Terms, may_pass, shown_text},
        encoding_sink::{EncodingSink, Share},
        stats::Stats,
    },
    resource::Resource,
};

/// Answers have no content, and refusals a line of text.
static DIALECT: Dialect = Dialect {
    media_type: "application/json",
    user_agent: concat!("Spandrel/", env!("CARGO_PKG_VERSION")),
    partial_success: |_| (0, String::new()),
    refusal: shown_text,
    hint: |status| match status {
        404 | 405 => Some("the endpoint needs its path, `/api/v2/spans`"),
        413 => Some("it takes smaller requests only, lower the batch size"),
        _ => None,
    },
    may_pass,
    confirmed_by: None,
};

impl Zipkin {
    /// A sink that holds no more than `bytes` bytes, encoded spans and queue together.
    pub(crate) fn sink(
        settings: &Settings,
        resource: &Resource,
        own_crate: Option<OwnCrate>,
        bytes: usize,
        stats: Arc<Stats>,
    ) -> EncodingSink<Batch> {
        let share = Share::new(bytes);
        let terms = Terms {
            to: delivery::shown(&settings.url),
            items: "spans",
            timeout: settings.timeout,
            first_wait: Terms::FIRST_WAIT,
            compression: Compression::None,
        };
        let http = Http::new(Target {
            url: settings.url.clone(),
            headers: Vec::new(),
            tls: TlsConfig::default(),
            dialect: &DIALECT,
        });
        let sender = Box::new(Sender::new(http, terms));
        let batch = Batch::new(resource, own_crate, share.request_bytes());
        let thread = ("spandrel-zipkin", sender as _);
        EncodingSink::with_deliver(thread, batch, share, settings.batching, stats)
    }
}
