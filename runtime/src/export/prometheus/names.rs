//! Names of metrics and labels, as Prometheus allows them.

use std::borrow::Cow;

use super::{family::Kind, unit};

/// Words that end the samples of histograms, and what a gauge has instead: `process.thread.count` would
/// be taken for a part of a histogram `process_thread`, and `promtool` says so.
const RESERVED: [(&str, &str); 3] = [("count", "number"), ("sum", "amount"), ("bucket", "vessel")];

/// Which characters names have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Names {
    /// Those that every version of Prometheus and all of its queries know: what is no letter and no
    /// digit is `_`.
    #[default]
    Underscores,
    /// All of UTF-8, for those who ask for it (Prometheus 3): `http.server.request.duration_seconds`.
    Utf8,
}

/// The name of a metric in all its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// With its unit, without `_total`.
    pub(super) base: String,
    /// What the base ends with, behind an underscore; empty if it ends otherwise: Prometheus refuses
    /// everything that OpenMetrics tells it if one name does not end with the unit that it is said
    /// to have.
    pub(super) unit: Cow<'static, str>,
}

impl Names {
    /// The name of a metric; `_total` is left to the writer, for it is not always part of the name.
    pub(super) fn metric(self, name: &str, unit: &str, kind: Kind, is_measure: bool) -> Name {
        let mut base = match self {
            Self::Underscores => underscored(name).into_owned(),
            Self::Utf8 => name.to_owned(),
        };
        if kind == Kind::Counter
            && let Some(short) = without_word(&base, "total")
        {
            base.truncate(short);
        }
        let mut unit = unit::words(unit, is_measure);
        if !unit.is_empty() && base != unit && without_word(&base, &unit).is_none() {
            base.push('_');
            base.push_str(&unit);
        }
        if self == Self::Underscores && kind == Kind::Gauge {
            let reserved = RESERVED
                .iter()
                .find_map(|(end, instead)| Some((without_word(&base, end)?, instead)));
            if let Some((short, instead)) = reserved {
                base.truncate(short + 1);
                base.push_str(instead);
            }
        }
        if self == Self::Underscores && base.starts_with(|first: char| first.is_ascii_digit()) {
            base.insert(0, '_');
        }
        if base.is_empty() {
            base.push_str("unnamed");
        }
        // The name may be the unit, have it behind a dot, or have got another word instead of it.
        if !base.strip_suffix(&*unit).is_some_and(|rest| rest.ends_with('_')) {
            unit = "".into();
        }
        Name { base, unit }
    }

    /// The name of a label.
    pub(super) fn label(self, key: &str) -> Cow<'_, str> {
        if is_plain_label(key) {
            return Cow::Borrowed(key);
        }
        let clean = match self {
            Self::Utf8 if !key.is_empty() && !key.starts_with("__") => return Cow::Borrowed(key),
            _ => underscored(key),
        };
        // Two underscores would be Prometheus's own, and a digit no name.
        if clean.is_empty() {
            Cow::Borrowed("key")
        } else if clean.starts_with(|first: char| first.is_ascii_digit()) {
            format!("key_{clean}").into()
        } else {
            clean
        }
    }
}

/// Letters, digits and single underscores.
pub(super) fn underscored(name: &str) -> Cow<'_, str> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric();
    let bytes = name.as_bytes();
    let is_clean = bytes.first().is_some_and(|first| is_word(*first))
        && bytes.last().is_some_and(|last| is_word(*last))
        && bytes.windows(2).all(|pair| {
            (is_word(pair[0]) || pair[0] == b'_') && (is_word(pair[1]) || pair[0] != b'_')
        });
    if is_clean {
        return Cow::Borrowed(name);
    }
    let words = name.split(|char: char| !char.is_ascii_alphanumeric());
    let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
    Cow::Owned(words.join("_"))
}

/// Whether every version knows it as the name of a label, or (with `:`) of a metric.
pub(super) fn is_plain(name: &str) -> bool {
    let mut bytes = name.bytes();
    let first = bytes.next();
    first.is_some_and(|first| first.is_ascii_alphabetic() || first == b'_' || first == b':')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':')
}

fn is_plain_label(key: &str) -> bool {
    is_plain(key) && !key.starts_with("__") && !key.contains(':')
}

/// Where a name ends without its last word, if that is this one.
fn without_word(name: &str, word: &str) -> Option<usize> {
    let rest = name.strip_suffix(word)?.strip_suffix(['_', '.'])?;
    Some(rest.len()).filter(|len| *len > 0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_name_follows_the_rules_of_the_specification() {
        let of = |name, unit, kind, is_measure| {
            Names::Underscores.metric(name, unit, kind, is_measure).base
        };
        let counter = |name, unit| of(name, unit, Kind::Counter, false);
        let gauge = |name, unit| of(name, unit, Kind::Gauge, true);
        let histogram = |name, unit| of(name, unit, Kind::Histogram, false);

        assert_eq!(
            histogram("http.server.request.duration", "s"),
            "http_server_request_duration_seconds"
        );
        assert_eq!(counter("orders.created", "{order}"), "orders_created");
        assert_eq!(counter("orders.created_total", "1"), "orders_created");
        assert_eq!(counter("sent.bytes.total", "By"), "sent_bytes");
        assert_eq!(counter("sent", "By"), "sent_bytes");
        assert_eq!(gauge("cpu.utilization", "1"), "cpu_utilization_ratio");
        assert_eq!(gauge("a..b__c--d", ""), "a_b_c_d");
        assert_eq!(gauge("95th", "ms"), "_95th_milliseconds");
        assert_eq!(gauge("größe", ""), "gr_e");
        assert_eq!(gauge("→", ""), "unnamed");
        assert_eq!(counter("total", ""), "total");
        assert_eq!(gauge("process.thread.count", "{thread}"), "process_thread_number");
        assert_eq!(counter("thread.count", "{thread}"), "thread_count");
    }

    #[test]
    fn utf8_names_stay_and_get_their_unit() {
        let name = Names::Utf8.metric("http.server.request.duration", "s", Kind::Histogram, false);

        assert_eq!(name.base, "http.server.request.duration_seconds");
        assert_eq!(Names::Utf8.label("http.route"), "http.route");
    }

    #[test]
    fn a_unit_is_told_of_names_that_end_with_it() {
        let unit = |names: Names, name, unit, kind| names.metric(name, unit, kind, false).unit;

        assert_eq!(unit(Names::Underscores, "bytes", "By", Kind::Counter), "");
        assert_eq!(unit(Names::Underscores, "bytes.total", "By", Kind::Counter), "");
        assert_eq!(unit(Names::Underscores, "queue.size", "count", Kind::Gauge), "");
        assert_eq!(unit(Names::Underscores, "sent.bytes", "By", Kind::Counter), "bytes");
        assert_eq!(unit(Names::Utf8, "sent.bytes", "By", Kind::Counter), "");
        assert_eq!(unit(Names::Utf8, "sent", "By", Kind::Counter), "bytes");
    }

    proptest! {
        #[test]
        fn no_unit_is_one_that_prometheus_refuses(
            name in "(.{0,6}|[a-z]{1,3}[._-]?)(bytes|seconds|count|sum|total|ratio|5)?[._]?(total)?",
            unit in "By|s|1|count|sum|bucket|total|5|By/s|[{]call[}]|.{0,6}",
            is_utf8: bool,
            is_measure: bool,
            kind in prop::sample::select(vec![Kind::Counter, Kind::Gauge, Kind::Histogram]),
        ) {
            let names = if is_utf8 { Names::Utf8 } else { Names::Underscores };

            let Name { base, unit } = names.metric(&name, &unit, kind, is_measure);

            let is_suffix = base.len() > unit.len() && base.ends_with(&format!("_{unit}"));
            prop_assert!(unit.is_empty() || is_suffix, "{base:?} {unit:?}");
            prop_assert!(is_utf8 || is_plain(&base), "{base:?}");
        }
    }

    #[test]
    fn a_label_is_one_that_prometheus_takes() {
        for (key, expected) in [
            ("http.route", "http_route"),
            ("region", "region"),
            ("_private", "_private"),
            ("__name__", "name"),
            ("2nd", "key_2nd"),
            ("a:b", "a_b"),
            ("", "key"),
            ("💥", "key"),
        ] {
            assert_eq!(Names::Underscores.label(key), expected);
        }
    }
}
