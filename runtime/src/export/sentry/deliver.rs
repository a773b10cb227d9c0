//! On the thread that sends: from an incident to an envelope, and on its way.

use sentry_core::{Client, ClientOptions, protocol::Envelope};
use ureq::{
    http::{HeaderName, HeaderValue, Uri},
    tls::TlsConfig,
};

use super::{
    config::Checked,
    event,
    incident::Incident,
    limits::{Limited, Limits},
    personal::Shown,
};
use crate::{
    diag,
    export::{
        delivery::{Compression, Dialect, Http, Sender, Target, Terms, shown, shown_text},
        worker::{Deliver, Delivery, Pace, Payload},
    },
    resource::Resource,
    value::Value,
};

const AGENT: &str = concat!("spandrel/", env!("CARGO_PKG_VERSION"));
const TIMEOUT: std::time::Duration = std::time::Duration::from_secs(30);

static DIALECT: Dialect = Dialect {
    media_type: "application/x-sentry-envelope",
    user_agent: AGENT,
    partial_success: |_| (0, String::new()),
    refusal: shown_text,
    hint: |status| match status {
        401 | 403 => Some("the key of `SENTRY_DSN` is not known there"),
        404 => Some("the project of `SENTRY_DSN` is not known there"),
        _ => None,
    },
    // Not 429: see `limits`.
    may_pass: |status| matches!(status, 502..=504),
    confirmed_by: None,
};

/// Makes events of incidents and sends them.
pub(super) struct Deliverer {
    client: Client,
    shows: Shown,
    sender: Sender<Limited>,
    limits: Limits,
}

impl Deliverer {
    /// `None`: the address is none to send to.
    pub(super) fn new(checked: &Checked, resource: &Resource) -> Option<Self> {
        let settings = &checked.settings;
        let url: Uri = checked.dsn.envelope_api_url().as_str().parse().ok()?;
        let auth = checked.dsn.to_auth(Some(AGENT)).to_string();
        let header = (HeaderName::from_static("x-sentry-auth"), HeaderValue::from_str(&auth).ok()?);
        let text = |key| match resource.get(key) {
            Some(Value::Str(text)) => Some(text.to_owned()),
            _ => None,
        };
        let release = || match (text("service.name"), text("service.version")) {
            (Some(name), Some(version)) => Some(format!("{name}@{version}")),
            (name, _) => name,
        };
        let environment =
            settings.environment.clone().or_else(|| text("deployment.environment.name"));
        let mut options = ClientOptions::new().sample_rate(checked.rate);
        options.environment = environment.map(Into::into);
        options.release = settings.release.clone().or_else(release).map(Into::into);
        options.server_name = text("host.name").map(Into::into);
        options.before_send.clone_from(&settings.before_send);
        let target =
            Target { headers: vec![header], tls: TlsConfig::default(), dialect: &DIALECT, url };
        let terms = Terms {
            to: shown(&target.url),
            timeout: TIMEOUT,
            first_wait: Terms::FIRST_WAIT,
            // One event is small, and few are sent.
            compression: Compression::None,
            items: "events",
        };
        let limits = Limits::default();
        let post = Limited { http: Http::new(target), limits: limits.clone() };
        Some(Self {
            client: Client::with_options(options),
            shows: settings.shows.clone(),
            sender: Sender::new(post, terms),
            limits,
        })
    }
}

impl Deliver<Option<Incident>> for Deliverer {
    fn deliver(&mut self, payload: &mut Payload<Option<Incident>>, pace: &dyn Pace) -> Delivery {
        let Some(incident) = payload.content.take() else { return Delivery::Failed };
        if self.limits.forbid(pace.now()) {
            diag::debug(format_args!("an event is lost: Sentry has asked to send none for now"));
            return Delivery::Failed;
        }
        let event = event::of(incident, &self.shows);
        let Some(event) = self.client.prepare_event(event, None) else {
            diag::debug(format_args!("an event for Sentry was left out"));
            return Delivery::Accepted { rejected: 0 };
        };
        let mut content = Vec::new();
        if Envelope::from(event).to_writer(&mut content).is_err() {
            return Delivery::Failed;
        }
        let bytes = content.len();
        self.sender.deliver(&mut Payload { content, bytes, spans: payload.spans }, pace)
    }

    fn interrupter(&self) -> Option<Box<dyn FnOnce() + Send>> {
        Deliver::<Vec<u8>>::interrupter(&self.sender)
    }
}
