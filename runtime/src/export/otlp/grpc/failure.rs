//! Why a call got no answer, and what follows from it.

use std::io;

use h2::Reason;
use rustls::AlertDescription;

use super::{
    first::First,
    status::{Code, Status},
};
use crate::export::delivery::Verdict;

pub(super) const NO_HTTP2: &str =
    "the receiver speaks no HTTP/2; is that the http/protobuf port 4318?";

/// No answer came.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) verdict: Verdict,
    /// Whether the connection is to blame, so that another one could do.
    pub(super) is_of_the_connection: bool,
}

impl Failure {
    /// What follows from a call, however it ended.
    pub(super) fn verdict(result: Result<Verdict, Self>) -> Verdict {
        result.unwrap_or_else(|failure| failure.verdict)
    }

    pub(super) fn no_pong() -> Self {
        Self::lost("the receiver does not answer any more".into())
    }

    pub(super) fn no_http2() -> Self {
        Self::fatal(NO_HTTP2.into())
    }

    pub(super) fn unreachable(error: &io::Error) -> Self {
        Self::lost(error.to_string())
    }

    /// The handshake failed: as a rule, the certificate of one side did not please the other.
    pub(super) fn tls(error: &io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        if let Some(rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol)) = inner {
            return Self::no_http2();
        }
        Self::of_io(error)
    }

    /// The error of a stream, or of the whole connection.
    pub(super) fn of_h2(error: &h2::Error, first: &First) -> Self {
        if let Some(says) = first.says() {
            return Self::fatal(says.into());
        }
        let reason = error.reason();
        if let Some(error) = error.get_io() {
            Self::of_io(error)
        } else if reason == Some(Reason::HTTP_1_1_REQUIRED) {
            Self::no_http2()
        } else if error.is_go_away() && error.is_remote() {
            Self::lost(format!("the receiver ended the connection: {error}"))
        } else if let Some(reason) = reason.filter(|_| error.is_reset() && error.is_remote()) {
            Self::reset(reason)
        } else {
            Self::fatal(format!("the receiver does not speak HTTP/2 as it should: {error}"))
        }
    }

    /// As the gRPC protocol translates the codes of HTTP/2.
    fn reset(reason: Reason) -> Self {
        let code = match reason {
            Reason::REFUSED_STREAM => Code::UNAVAILABLE,
            Reason::CANCEL => Code::CANCELLED,
            Reason::ENHANCE_YOUR_CALM => Code::RESOURCE_EXHAUSTED,
            Reason::INADEQUATE_SECURITY => Code::PERMISSION_DENIED,
            _ => Code::INTERNAL,
        };
        let status = Status::new(code, &format!("it reset the stream: {reason}"));
        Self {
            verdict: status.verdict(&[]),
            // The receiver has not looked at the request, because it is about to close.
            is_of_the_connection: reason == Reason::REFUSED_STREAM,
        }
    }

    fn of_io(error: &io::Error) -> Self {
        // A certificate that is not trusted, or a port that does not speak TLS.
        if error.kind() == io::ErrorKind::InvalidData {
            return Self::fatal(error.to_string());
        }
        Self::lost(format!("the connection was lost: {error}"))
    }

    fn lost(why: String) -> Self {
        Self { verdict: Verdict::Retry { why, after: None }, is_of_the_connection: true }
    }

    fn fatal(why: String) -> Self {
        Self { verdict: Verdict::Fatal { why }, is_of_the_connection: false }
    }
}
