//! Which format a scraper asks for, by the header `Accept`.

use super::names::Names;

/// The encoding of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    OpenMetrics,
    Protobuf,
    Text,
}

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Format {
    pub(super) encoding: Encoding,
    pub(super) names: Names,
    pub(super) content_type: &'static str,
}

/// A member of the header that is understood.
struct Range {
    encoding: Encoding,
    /// The version of a text format; 0.0.1 of OpenMetrics differs in nothing that we write.
    version: Version,
    /// It says how names are to be escaped; older versions of Prometheus do not.
    escaping: Option<Names>,
    quality: u16,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    Old,
    New,
}

/// The best of what is asked for; the old text format, which everybody reads, where nothing is.
pub(super) fn negotiate(accept: &str, names: Names) -> Format {
    let mut best: Option<Range> = None;
    for range in accept.split(',').filter_map(Range::parse) {
        // Of two that are as good, the first.
        if range.quality > best.as_ref().map_or(0, |best| best.quality) {
            best = Some(range);
        }
    }
    best.unwrap_or(Range::ANY).format(names)
}

impl Range {
    const ANY: Self =
        Self { encoding: Encoding::Text, version: Version::Old, escaping: None, quality: 1 };

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let media_type = parts.next()?.to_ascii_lowercase();
        let (mut version, mut proto, mut delimited) = (None, "", "");
        let (mut escaping, mut quality) = (None, 1_000);
        for part in parts {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let value = value.trim().trim_matches('"');
            match name.trim().to_ascii_lowercase().as_str() {
                "version" => version = Some(value),
                "proto" => proto = value,
                "encoding" => delimited = value,
                "escaping" if value == "allow-utf-8" => escaping = Some(Names::Utf8),
                "escaping" => escaping = Some(Names::Underscores),
                "q" => quality = thousandths(value)?,
                _ => {}
            }
        }
        let (encoding, version) = match (media_type.as_str(), version) {
            ("application/openmetrics-text", Some("1.0.0")) => {
                (Encoding::OpenMetrics, Version::New)
            }
            ("application/openmetrics-text", None | Some("0.0.1")) => {
                (Encoding::OpenMetrics, Version::Old)
            }
            ("application/vnd.google.protobuf", _)
                if proto == "io.prometheus.client.MetricFamily" && delimited == "delimited" =>
            {
                (Encoding::Protobuf, Version::Old)
            }
            ("text/plain", Some("1.0.0")) => (Encoding::Text, Version::New),
            ("text/plain", None | Some("0.0.4")) | ("text/*" | "*/*", _) => {
                (Encoding::Text, Version::Old)
            }
            _ => return None,
        };
        Some(Self { encoding, version, escaping, quality })
    }

    fn format(&self, names: Names) -> Format {
        use Encoding::{OpenMetrics, Protobuf, Text};
        // Other names than the old ones go only to those who can read them.
        let may_have_all = match self.encoding {
            OpenMetrics | Text => self.version == Version::New,
            Protobuf => true,
        };
        let is_all = names == Names::Utf8 && may_have_all && self.escaping == Some(Names::Utf8);
        let names = if is_all { Names::Utf8 } else { Names::Underscores };
        let content_type = match (self.encoding, self.version, self.escaping) {
            (OpenMetrics, Version::Old, _) => {
                "application/openmetrics-text; version=0.0.1; charset=utf-8"
            }
            (OpenMetrics, Version::New, None) => {
                "application/openmetrics-text; version=1.0.0; charset=utf-8"
            }
            (OpenMetrics, Version::New, Some(_)) if is_all => {
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
            }
            (OpenMetrics, Version::New, Some(_)) => {
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
            }
            (Protobuf, _, None) => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; \
                 encoding=delimited"
            }
            (Protobuf, _, Some(_)) if is_all => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; \
                 encoding=delimited; escaping=allow-utf-8"
            }
            (Protobuf, _, Some(_)) => {
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; \
                 encoding=delimited; escaping=underscores"
            }
            (Text, Version::Old, _) => "text/plain; version=0.0.4; charset=utf-8",
            (Text, Version::New, _) if is_all => {
                "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
            }
            (Text, Version::New, _) => {
                "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"
            }
        };
        Format { encoding: self.encoding, names, content_type }
    }
}

/// The quality of a range; `None`: it is not acceptable, or not understood.
fn thousandths(text: &str) -> Option<u16> {
    let value: f32 = text.parse().ok()?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 1")]
    (0.0..=1.0).contains(&value).then_some((value * 1_000.0) as u16).filter(|value| *value > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What Prometheus 2.42 sends with native histograms, and without.
    const WITH_NATIVE: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.\
        MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,\
        application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    const WITHOUT: &str = "application/openmetrics-text;version=1.0.0,\
        application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    /// What Prometheus 3 sends.
    const THREE: &str = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
        application/openmetrics-text;version=0.0.1;q=0.5,\
        text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,\
        */*;q=0.2";

    #[test]
    fn prometheus_gets_what_it_likes_best() {
        let of = |accept| negotiate(accept, Names::Underscores);

        assert_eq!(of(WITH_NATIVE).encoding, Encoding::Protobuf);
        assert_eq!(of(WITHOUT).encoding, Encoding::OpenMetrics);
        assert_eq!(
            of(WITHOUT).content_type,
            "application/openmetrics-text; version=1.0.0; charset=utf-8"
        );
        assert_eq!(
            of(THREE).content_type,
            "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores"
        );
    }

    #[test]
    fn all_of_utf8_goes_only_to_those_who_ask_for_it() {
        let names = |accept| negotiate(accept, Names::Utf8).names;

        assert_eq!(names(THREE), Names::Utf8);
        assert_eq!(names("text/plain;version=1.0.0;escaping=allow-utf-8"), Names::Utf8);
        assert_eq!(names("text/plain;version=1.0.0;escaping=dots"), Names::Underscores);
        assert_eq!(names("text/plain;version=0.0.4;escaping=allow-utf-8"), Names::Underscores);
        assert_eq!(names(WITH_NATIVE), Names::Underscores);
        assert_eq!(negotiate(THREE, Names::Underscores).names, Names::Underscores);
    }

    #[test]
    fn everybody_else_gets_text() {
        for accept in [
            "",
            "*/*",
            "text/html,application/xhtml+xml,*/*;q=0.8",
            "text/plain",
            "image/png",
            "application/openmetrics-text;version=2.0.0",
            "application/openmetrics-text;version=1.0.0;q=0",
            "application/openmetrics-text;q=much",
            "application/vnd.google.protobuf;proto=other;encoding=delimited",
            ";;==,,",
        ] {
            let format = negotiate(accept, Names::Underscores);
            assert_eq!(
                (format.encoding, format.content_type),
                (Encoding::Text, "text/plain; version=0.0.4; charset=utf-8"),
                "{accept}"
            );
        }
    }

    #[test]
    fn of_two_that_are_as_good_the_first_counts() {
        let first = "text/plain;version=0.0.4,application/openmetrics-text;version=1.0.0";
        let reversed = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4";

        assert_eq!(negotiate(first, Names::Underscores).encoding, Encoding::Text);
        assert_eq!(negotiate(reversed, Names::Underscores).encoding, Encoding::OpenMetrics);
    }
}
