//! From an incident to an event in the form of Sentry's protocol.

use std::time::{Duration, SystemTime};

use sentry_core::protocol::{
    Breadcrumb, Context, Event, Exception, Level, Mechanism, SpanId, TraceContext, TraceId, User,
};

use super::{
    crumbs::Crumb,
    incident::{Incident, shown},
    personal::Shown,
    stack,
};
use crate::{site, trace::failure::Kind};

/// The event that an incident becomes.
pub(super) fn of(incident: Incident, shows: &Shown) -> Event<'static> {
    let Incident { kind, trace, span, parent, unix_nanos, .. } = incident;
    let mut event = Event {
        level: if kind == Kind::Panic { Level::Fatal } else { Level::Error },
        platform: "native".into(),
        timestamp: system_time(unix_nanos),
        exception: exceptions(&incident).into(),
        ..Event::default()
    };
    event.culprit = incident.site.map(|site| format!("{}::{}", site.module_path(), site.name()));
    event.logger = incident.site.map(|site| site.target().to_owned());
    if let (Some(trace), Some(span)) = (trace, span) {
        let trace = TraceContext {
            trace_id: TraceId::from(trace.to_u128().to_be_bytes()),
            span_id: SpanId::from(span.to_u64().to_be_bytes()),
            parent_span_id: parent.map(|parent| SpanId::from(parent.to_u64().to_be_bytes())),
            op: incident.site.map(|site| site.span_name().to_owned()),
            ..TraceContext::default()
        };
        event.contexts.insert("trace".to_owned(), Context::Trace(Box::new(trace)));
    }
    event.transaction = incident.transaction;
    event.breadcrumbs = incident.crumbs.into_iter().map(breadcrumb).collect::<Vec<_>>().into();
    for (key, value) in incident.attributes.into_iter().filter(|(key, _)| shows.has(key)) {
        event.extra.insert(key, value.into());
    }
    if let Some(failure) = incident.failure {
        for (key, value) in failure.fields {
            event.extra.insert(key, value.into());
        }
        if let Some(about) = failure.about {
            event.user = about
                .user
                .as_ref()
                .map(|id| User { id: Some(shown("user.id", id)), ..User::default() });
            let tags = about.tags.iter().map(|(key, value)| (tag_key(key), shown(key, value)));
            event.tags.extend(tags);
        }
    }
    event
}

/// The error and what caused it: the deepest cause first.
fn exceptions(incident: &Incident) -> Vec<Exception> {
    let failure = incident.failure.as_ref();
    let backtrace = failure.and_then(|failure| failure.backtrace.as_ref());
    let place = failure.and_then(|failure| failure.place.as_ref());
    let stacktrace = backtrace
        .and_then(stack::of_backtrace)
        .or_else(|| place.and_then(|(file, line)| stack::of_place(file, *line)))
        .or_else(|| incident.site.and_then(stack::of_site));
    let mechanism = Mechanism {
        ty: if incident.kind == Kind::Panic { "panic" } else { "spandrel" }.to_owned(),
        handled: Some(incident.kind != Kind::Panic),
        ..Mechanism::default()
    };
    let sources = failure.map(|failure| failure.sources.as_slice()).unwrap_or_default();
    let causes = sources.iter().rev().map(|source| Exception {
        ty: "source".to_owned(),
        value: Some(source.clone()),
        ..Exception::default()
    });
    let (module, name) = type_name(&incident.error_type);
    causes
        .chain([Exception {
            ty: name.to_owned(),
            module: module.map(str::to_owned),
            value: Some(incident.message.clone()).filter(|message| !message.is_empty()),
            stacktrace,
            mechanism: Some(mechanism),
            ..Exception::default()
        }])
        .collect()
}

/// `shop::pay::Declined` is `Declined` of `shop::pay`; what is no path is a name.
fn type_name(path: &str) -> (Option<&str>, &str) {
    let plain = &path[..path.find('<').unwrap_or(path.len())];
    match plain.rsplit_once("::") {
        Some((module, _)) if !module.contains(' ') => (Some(module), &path[module.len() + 2..]),
        _ => (None, path),
    }
}

fn breadcrumb(crumb: Crumb) -> Breadcrumb {
    Breadcrumb {
        timestamp: system_time(crumb.unix_nanos),
        ty: "log".to_owned(),
        category: Some(crumb.category),
        level: level(crumb.level),
        message: Some(crumb.message),
        ..Breadcrumb::default()
    }
}

fn level(level: site::Level) -> Level {
    match level {
        site::Level::Trace | site::Level::Debug => Level::Debug,
        site::Level::Info => Level::Info,
        site::Level::Warn => Level::Warning,
        site::Level::Error => Level::Error,
    }
}

/// Receivers take letters, digits and `_.:-`, 32 of them.
fn tag_key(key: &str) -> String {
    let fits = |char: char| char.is_ascii_alphanumeric() || matches!(char, '_' | '.' | ':' | '-');
    key.chars().take(32).map(|char| if fits(char) { char } else { '_' }).collect()
}

fn system_time(unix_nanos: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_nanos(unix_nanos)
}
