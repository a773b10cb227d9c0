//! What is said about a metric, before or after it is first counted.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use ::metrics::Unit;

use crate::{
    metrics::{self, Identity, LIMIT, Scope},
    sync::lock,
};

/// A description and a unit.
type Said = (Cow<'static, str>, Cow<'static, str>);

/// A program that makes up names must not grow for ever.
const MOST: usize = 10_000;

static SAID: LazyLock<Mutex<HashMap<String, Said>>> = LazyLock::new(Mutex::default);

/// Notes what a metric is; what was said first counts.
pub(super) fn note(name: &str, unit: Option<Unit>, description: &str) {
    let name = metrics::mend(name);
    let unit = Cow::Borrowed(unit.map_or("", ucum));
    let description = Cow::Owned(description.to_owned());
    metrics::describe(&scope(), &name, &description, &unit);
    let mut said = lock(&SAID);
    if said.len() < MOST {
        said.entry(name).or_insert((description, unit));
    }
}

/// Who the metric of this name is. What it is may be said at any time, so it is no part of that.
pub(super) fn identity(name: &str) -> Identity {
    Identity {
        name: metrics::mend(name).into(),
        description: Cow::Borrowed(""),
        unit: Cow::Borrowed(""),
        scope: scope(),
        limit: LIMIT,
    }
}

/// Says of a metric that has just been made what was said about it before.
pub(super) fn tell(identity: &Identity) {
    let said = lock(&SAID).get(identity.name.as_ref()).cloned();
    if let Some((description, unit)) = said {
        metrics::describe(&identity.scope, &identity.name, &description, &unit);
    }
}

fn scope() -> Scope {
    Scope { name: "metrics".into(), version: None }
}

/// Of the facade's units those of the UCUM.
fn ucum(unit: Unit) -> &'static str {
    match unit {
        Unit::Count => "1",
        Unit::Percent => "%",
        Unit::Seconds => "s",
        Unit::Milliseconds => "ms",
        Unit::Microseconds => "us",
        Unit::Nanoseconds => "ns",
        Unit::Tebibytes => "TiBy",
        Unit::Gibibytes => "GiBy",
        Unit::Mebibytes => "MiBy",
        Unit::Kibibytes => "KiBy",
        Unit::Bytes => "By",
        Unit::TerabitsPerSecond => "Tbit/s",
        Unit::GigabitsPerSecond => "Gbit/s",
        Unit::MegabitsPerSecond => "Mbit/s",
        Unit::KilobitsPerSecond => "kbit/s",
        Unit::BitsPerSecond => "bit/s",
        Unit::CountPerSecond => "1/s",
    }
}
