//! Finds out what the telemetry is about: the service, the process, the machine around it.

mod attributes;
mod container;
mod kubernetes;
mod machine;
mod operating_system;

use std::borrow::Cow;

pub(crate) use machine::Machine;

use super::{
    config::{Code, Source},
    env::{Reader, Variable, table},
};
use crate::{resource::Resource, value::Value};

/// The semantic conventions that the detected keys follow.
const SCHEMA_URL: &str = "https://opentelemetry.io/schemas/1.37.0";

/// A resource, with the source of each attribute in its order.
#[derive(Debug)]
pub(crate) struct Detected {
    pub(crate) resource: Resource,
    pub(crate) sources: Vec<Source>,
}

impl Detected {
    fn set<'v>(
        &mut self,
        source: Source,
        key: impl Into<Cow<'static, str>>,
        value: impl Into<Value<'v>>,
    ) {
        let key = key.into();
        match self.resource.iter().position(|(known, _)| known == key) {
            Some(at) => self.sources[at] = source,
            None => self.sources.push(source),
        }
        self.resource.set(key, value.into());
    }

    #[expect(clippy::needless_pass_by_value, reason = "callers have just made the value")]
    fn set_if<V: AsRef<str>>(&mut self, source: Source, key: &'static str, value: Option<V>) {
        if let Some(value) = value.as_ref().map(V::as_ref).filter(|value| !value.is_empty()) {
            self.set(source, key, value);
        }
    }

    /// An attribute that one of several variables names.
    fn set_from(
        &mut self,
        reader: &mut Reader<'_>,
        key: &'static str,
        variables: &[&'static Variable],
    ) {
        if let Some(text) = reader.first(variables, Ok) {
            self.set(text.source, key, text.value);
        }
    }
}

/// Puts the resource together; what comes later replaces what came before.
pub(super) fn detect(reader: &mut Reader<'_>, code: &Code, machine: &Machine<'_>) -> Detected {
    let resource = Resource::new().with_schema_url(SCHEMA_URL);
    let mut detected = Detected { resource, sources: Vec::new() };
    let sink = &mut detected;
    service(sink, code, machine);
    sdk(sink);
    machine.process(sink);
    machine.host(sink);
    sink.set_from(reader, "host.name", &[table::COMPUTERNAME]);
    if sink.resource.get("host.name").is_none() {
        sink.set_from(reader, "host.name", &[table::HOSTNAME]);
    }
    operating_system::detect(sink, machine);
    sink.set_if(Source::Detected, "container.id", container::id(machine));
    kubernetes::detect(sink, reader, machine);
    sink.set_from(reader, "deployment.environment.name", &[table::ENVIRONMENT]);
    sink.set_from(reader, "vcs.ref.head.revision", &[table::GIT_COMMIT_SHA]);
    let pairs = reader.read(table::RESOURCE_ATTRIBUTES, attributes::parse);
    for (key, value) in pairs.iter().flat_map(|pairs| &pairs.value) {
        sink.set(Source::Variable(table::RESOURCE_ATTRIBUTES.name), key.clone(), value);
    }
    sink.set_from(reader, "service.name", &[table::SERVICE_NAME]);
    for (key, value) in code.resource.iter() {
        sink.set(Source::Code, key.to_owned(), value);
    }
    detected.resource = match code.resource.schema_url() {
        "" => detected.resource,
        _ => detected.resource.merge(code.resource.clone()),
    };
    detected
}

/// `service.name` always has a value: the specification demands it.
fn service(sink: &mut Detected, code: &Code, machine: &Machine<'_>) {
    match &code.package {
        Some(package) => {
            sink.set_if(Source::Cargo, "service.name", Some(package.name));
            sink.set_if(Source::Cargo, "service.version", Some(package.version));
        }
        None => {
            let name = machine.executable_name().map_or_else(
                || "unknown_service".to_owned(),
                |executable| format!("unknown_service:{executable}"),
            );
            sink.set(Source::Default, "service.name", &name);
        }
    }
    sink.set(Source::Detected, "service.instance.id", &machine.uuid_v4());
}

fn sdk(sink: &mut Detected) {
    sink.set(Source::Default, "telemetry.sdk.name", "spandrel");
    sink.set(Source::Default, "telemetry.sdk.language", "rust");
    sink.set(Source::Default, "telemetry.sdk.version", env!("CARGO_PKG_VERSION"));
}

#[cfg(test)]
mod tests;
