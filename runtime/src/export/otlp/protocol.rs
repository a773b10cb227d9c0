//! The forms of OTLP: how requests travel, and in what they are written.

use std::sync::Arc;

use ureq::http::{HeaderName, HeaderValue, header::InvalidHeaderValue};

#[cfg(feature = "otlp-grpc")]
use super::grpc::{self, Grpc};
use super::{batch::Encoding, config::Settings, response, signal::Signal};
use crate::export::{
    delivery::{Http, Post, Sender, Target},
    spool::Spooling,
    stats::Stats,
    worker::Deliver,
};

/// How requests travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    #[cfg(feature = "otlp-grpc")]
    Grpc,
    HttpJson,
    HttpProtobuf,
}

/// Headers that follow from the body: another value would make the request unreadable.
const OURS: [&str; 6] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "transfer-encoding",
];

impl Protocol {
    /// Where a collector on the same machine listens.
    pub(super) fn default_endpoint(self) -> &'static str {
        match self {
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc => "http://localhost:4317",
            Self::HttpJson | Self::HttpProtobuf => "http://localhost:4318",
        }
    }

    /// What is appended to a base URL.
    pub(super) fn path(self, signal: Signal) -> &'static str {
        match self {
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc => "",
            Self::HttpJson | Self::HttpProtobuf => signal.path(),
        }
    }

    pub(super) fn encoding(self) -> Encoding {
        match self {
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc => Encoding::Protobuf,
            Self::HttpJson => Encoding::Json,
            Self::HttpProtobuf => Encoding::Protobuf,
        }
    }

    /// Whether a header is not for the user to set.
    pub(super) fn owns(self, header: &HeaderName) -> bool {
        match self {
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc => grpc::owns(header),
            Self::HttpJson | Self::HttpProtobuf => OURS.contains(&header.as_str()),
        }
    }

    /// A value of the user as it travels.
    #[cfg_attr(
        not(feature = "otlp-grpc"),
        expect(unused_variables, reason = "only gRPC has binary headers")
    )]
    pub(super) fn header_value(
        self,
        header: &HeaderName,
        value: &str,
    ) -> Result<HeaderValue, InvalidHeaderValue> {
        match self {
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc => grpc::metadata(header, value),
            Self::HttpJson | Self::HttpProtobuf => HeaderValue::from_str(value),
        }
    }

    pub(super) fn deliver(
        self,
        settings: &Settings,
        stats: &Arc<Stats>,
    ) -> Box<dyn Deliver<Vec<u8>>> {
        match self {
            #[cfg(feature = "otlp-grpc")]
            Self::Grpc => with_spool(Grpc::new(settings), settings, stats),
            Self::HttpJson | Self::HttpProtobuf => {
                let target = Target {
                    url: settings.url.clone(),
                    headers: settings.headers.clone(),
                    tls: settings.tls.clone(),
                    dialect: response::dialect(self.encoding()),
                };
                with_spool(Http::new(target), settings, stats)
            }
        }
    }
}

/// Delivers by `post`, and keeps what cannot be delivered where the user wants it.
fn with_spool(
    post: impl Post + 'static,
    settings: &Settings,
    stats: &Arc<Stats>,
) -> Box<dyn Deliver<Vec<u8>>> {
    let sender = Sender::new(post, settings.terms());
    match settings.spool() {
        Some(spool) => Box::new(Spooling::new(sender, spool, Arc::clone(stats))),
        None => Box::new(sender),
    }
}
