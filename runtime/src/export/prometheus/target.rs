//! Who is scraped: what `target_info` says, and the labels `job` and `instance` of what is sent.

use super::names::Names;
use crate::{resource::Resource, value::Value};

/// A resource in the words of Prometheus.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    /// Keys as the resource has them.
    attributes: Vec<(String, String)>,
    /// `service.namespace/service.name`.
    pub(super) job: String,
    /// `service.instance.id`.
    pub(super) instance: String,
}

impl Target {
    pub(crate) fn new(resource: &Resource) -> Self {
        let text = |key| match resource.get(key) {
            Some(Value::Str(text)) => text.to_owned(),
            Some(other) => other.to_string(),
            None => String::new(),
        };
        let (namespace, name) = (text("service.namespace"), text("service.name"));
        let job = if namespace.is_empty() { name } else { format!("{namespace}/{name}") };
        let attributes = resource.iter().map(|(key, _)| (key.to_owned(), text(key)));
        Self { attributes: attributes.collect(), job, instance: text("service.instance.id") }
    }

    /// What is known, under the names of labels.
    pub(super) fn labels(&self, names: Names) -> Vec<(String, String)> {
        let known = self.attributes.iter().filter(|(_, value)| !value.is_empty());
        known.map(|(key, value)| (names.label(key).into_owned(), value.clone())).collect()
    }
}
