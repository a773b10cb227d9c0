//! Where to send: the endpoint rules of the OTLP exporter specification.

use ureq::http::Uri;

use super::{
    error::{Kind, OtlpError},
    protocol::Protocol,
    signal::Signal,
};
use crate::export::delivery::without_secrets;

/// The URL of a signal: `exact` as it is, else `base` with the path of signal and protocol appended.
///
/// Without a scheme, `insecure` decides if anybody said it; guessing would send secrets in the clear
/// or speak TLS to a port that does not.
pub(super) fn resolve(
    (signal, protocol): (Signal, Protocol),
    base: Option<&str>,
    exact: Option<&str>,
    insecure: Option<bool>,
) -> Result<Uri, OtlpError> {
    let given = exact.or(base).unwrap_or(protocol.default_endpoint()).trim();
    let mut url =
        if exact.is_some() { given.to_owned() } else { with_path(given, protocol.path(signal)) };
    if !given.contains("://") {
        let Some(insecure) = insecure else { return Err(scheme(given)) };
        url = format!("{}://{url}", if insecure { "http" } else { "https" });
    }
    let uri: Uri = url
        .parse()
        .map_err(|error| OtlpError(Kind::Endpoint(without_secrets(given), format!("{error}"))))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => Ok(uri),
        (Some("http" | "https"), _) => {
            Err(OtlpError(Kind::Endpoint(without_secrets(given), "no host".into())))
        }
        _ => Err(scheme(given)),
    }
}

fn scheme(given: &str) -> OtlpError {
    OtlpError(Kind::Scheme(without_secrets(given)))
}

fn with_path(base: &str, more: &str) -> String {
    let (path, query) = base.split_at(base.find(['?', '#']).unwrap_or(base.len()));
    format!("{}{more}{query}", path.trim_end_matches('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTP: (Signal, Protocol) = (Signal::Traces, Protocol::HttpProtobuf);

    #[test]
    fn a_base_gets_the_path_and_a_traces_endpoint_stays() {
        for (base, traces, expected) in [
            (None, None, "http://localhost:4318/v1/traces"),
            (Some("http://collector:4318"), None, "http://collector:4318/v1/traces"),
            (Some("http://collector:4318/"), None, "http://collector:4318/v1/traces"),
            (Some("https://vendor/otlp"), None, "https://vendor/otlp/v1/traces"),
            (Some("https://vendor/otlp/"), None, "https://vendor/otlp/v1/traces"),
            (Some("https://vendor/?key=1"), None, "https://vendor/v1/traces?key=1"),
            (Some("http://[::1]:4318"), None, "http://[::1]:4318/v1/traces"),
            (None, Some("http://collector:4318"), "http://collector:4318/"),
            (None, Some("https://vendor/custom/"), "https://vendor/custom/"),
            (Some("http://ignored"), Some("http://traces/path"), "http://traces/path"),
        ] {
            let uri = resolve(HTTP, base, traces, None).unwrap();
            assert_eq!(uri.to_string(), expected, "{base:?} {traces:?}");
        }
    }

    #[test]
    fn each_signal_has_its_path() {
        let uri =
            resolve((Signal::Metrics, Protocol::HttpJson), Some("http://c:4318/"), None, None);

        assert_eq!(uri.unwrap().to_string(), "http://c:4318/v1/metrics");
    }

    #[test]
    fn without_a_scheme_only_insecure_decides() {
        let resolve = |insecure| resolve(HTTP, Some("collector:4318"), None, insecure);

        assert_eq!(resolve(Some(true)).unwrap().to_string(), "http://collector:4318/v1/traces");
        assert_eq!(resolve(Some(false)).unwrap().to_string(), "https://collector:4318/v1/traces");
        assert!(resolve(None).unwrap_err().to_string().contains("must begin with"));
    }

    #[test]
    fn what_is_no_http_url_is_refused() {
        for url in ["grpc://collector:4317", "http://", "http:///v1", "http://a b/", "", "unix:/x"]
        {
            assert!(resolve(HTTP, Some(url), None, None).unwrap_err().is_endpoint(), "{url}");
        }
    }

    #[test]
    fn an_error_shows_no_password_and_no_token() {
        let error =
            resolve(HTTP, Some("ftp://me:hunter2@host/p?token=s3cret"), None, None).unwrap_err();

        assert_eq!(
            error.to_string(),
            "endpoint `ftp://host/p` must begin with `http://` or `https://`"
        );
    }

    #[cfg(feature = "otlp-grpc")]
    #[test]
    fn grpc_appends_nothing_and_has_a_port_of_its_own() {
        for (base, traces, expected) in [
            (None, None, "http://localhost:4317/"),
            (Some("http://collector:4317"), None, "http://collector:4317/"),
            (Some("https://ignored"), Some("https://collector/"), "https://collector/"),
        ] {
            let uri = resolve((Signal::Traces, Protocol::Grpc), base, traces, None).unwrap();
            assert_eq!(uri.to_string(), expected, "{base:?} {traces:?}");
        }
    }
}
