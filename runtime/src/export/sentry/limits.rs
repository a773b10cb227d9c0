//! How long the receiver wants no events, as it says with any answer.
//!
//! `X-Sentry-Rate-Limits` names the kinds of items that it does not want; where it is missing, 429 and
//! `Retry-After` speak of all of them. Who is told to wait drops what comes meanwhile: the receiver
//! would count a request that is tried again once more.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ureq::http::{HeaderMap, header};

use crate::{
    export::{
        delivery::{Compression, Http, Post, Verdict},
        worker::Pace,
    },
    sync::{Mutex, lock},
    time::retry_after,
};

const HEADER: &str = "x-sentry-rate-limits";
/// What is meant by a limit without a time that can be read.
const USUALLY: Duration = Duration::from_secs(60);
/// Longer is for ever.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Until when no events are wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct Limits(Arc<Mutex<Option<Instant>>>);

impl Limits {
    pub(super) fn forbid(&self, now: Instant) -> bool {
        lock(&self.0).is_some_and(|until| now < until)
    }

    fn hear(&self, status: u16, headers: &HeaderMap, pace: &dyn Pace) {
        if let Some(wait) = wait(status, headers, pace.unix_seconds()) {
            let until = pace.now() + wait.min(LONGEST);
            let mut known = lock(&self.0);
            *known = Some(known.map_or(until, |known| known.max(until)));
        }
    }
}

/// How long an answer asks to send no events; `None`: it does not.
fn wait(status: u16, headers: &HeaderMap, unix_now: u64) -> Option<Duration> {
    let mut limits =
        headers.get_all(HEADER).iter().filter_map(|text| text.to_str().ok()).peekable();
    if limits.peek().is_some() {
        let limits =
            limits.flat_map(|text| text.split(',')).filter(|limit| !limit.trim().is_empty());
        return limits.filter_map(of_events).max();
    }
    let after = headers.get(header::RETRY_AFTER).and_then(|text| text.to_str().ok());
    let after = after.and_then(|text| retry_after::parse(text, unix_now));
    match status {
        429 => Some(after.unwrap_or(USUALLY)),
        200..=299 => None,
        _ => after,
    }
}

/// Reads `60:error;transaction:organization`, if it is about events.
fn of_events(limit: &str) -> Option<Duration> {
    let mut parts = limit.split(':').map(str::trim);
    let (seconds, kinds) = (parts.next()?, parts.next().unwrap_or_default());
    if !kinds.is_empty() && !kinds.split(';').any(|kind| kind.trim() == "error") {
        return None;
    }
    let wait = seconds.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Some(wait.unwrap_or(USUALLY))
}

/// Posts, and hears what is said about limits.
pub(super) struct Limited {
    pub(super) http: Http,
    pub(super) limits: Limits,
}

impl Post for Limited {
    fn post(
        &mut self,
        body: &[u8],
        form: Compression,
        within: Duration,
        pace: &dyn Pace,
    ) -> Verdict {
        let limits = &self.limits;
        let mut hear = |status, headers: &HeaderMap| limits.hear(status, headers, pace);
        self.http.ask(body, form, within, pace, &mut hear)
    }

    fn interrupter(&self) -> Option<Box<dyn FnOnce() + Send>> {
        self.http.interrupter()
    }
}

#[cfg(test)]
mod tests {
    use ureq::http::HeaderValue;

    use super::*;

    fn asked(status: u16, said: &[(&'static str, &'static str)]) -> Option<u64> {
        let mut headers = HeaderMap::new();
        for (name, value) in said {
            headers.append(*name, HeaderValue::from_static(value));
        }
        wait(status, &headers, 1_795_237_200).map(|wait| wait.as_secs())
    }

    #[test]
    fn limits_count_for_events_alone_whatever_the_status() {
        for (limits, expected) in [
            ("60:error:key", Some(60)),
            ("60::organization", Some(60)),
            ("3600", Some(3_600)),
            ("60:transaction:key, 2700:default;error;security:organization:quota", Some(2_700)),
            ("60:transaction;attachment:key", None),
            ("2.5:error", Some(2)),
            ("soon:error", Some(60)),
            ("-1:error", Some(60)),
            ("", None),
        ] {
            assert_eq!(asked(200, &[(HEADER, limits)]), expected, "{limits}");
            assert_eq!(asked(429, &[(HEADER, limits), ("retry-after", "7")]), expected, "{limits}");
        }
        assert_eq!(asked(200, &[(HEADER, "1:error"), (HEADER, "9:error")]), Some(9));
    }

    #[test]
    fn without_limits_the_status_and_its_time_say_it() {
        for (status, said, expected) in [
            (429, &[][..], Some(60)),
            (429, &[("retry-after", "3600")], Some(3_600)),
            (429, &[("retry-after", "Sat, 21 Nov 2026 05:02:00 GMT")], Some(120)),
            (503, &[("retry-after", "7")], Some(7)),
            (503, &[], None),
            (200, &[("retry-after", "7")], None),
        ] {
            assert_eq!(asked(status, said), expected, "{status} {said:?}");
        }
    }
}
