//! From a snapshot to an answer.

use std::collections::BTreeSet;

use super::{
    accept::{self, Encoding},
    family::{self, Family},
    labels::{self, Keys},
    names::Names,
    protobuf,
    target::Target,
    text,
};
use crate::{
    diag,
    metrics::data::Snapshot,
    sync::{Mutex, lock},
};

/// Shows snapshots to whoever scrapes.
#[derive(Debug, Default)]
pub(crate) struct Exposition {
    target: Target,
    names: Names,
    /// Conflicts that were mentioned: each once.
    mentioned: Mutex<BTreeSet<(String, String)>>,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Exposed {
    pub(crate) content_type: &'static str,
    pub(crate) body: Vec<u8>,
}

impl Exposition {
    pub(crate) fn new(target: Target, names: Names) -> Self {
        Self { target, names, mentioned: Mutex::default() }
    }

    /// Shows a snapshot in the form that is asked for.
    pub(crate) fn expose(&self, snapshot: &Snapshot, accept: &str) -> Exposed {
        let format = accept::negotiate(accept, self.names);
        let mut body = Vec::new();
        self.families(snapshot, format.names, |families| match format.encoding {
            Encoding::OpenMetrics => text::write(families, true, &mut body),
            Encoding::Text => text::write(families, false, &mut body),
            Encoding::Protobuf => protobuf::write(families, &mut body),
        });
        Exposed { content_type: format.content_type, body }
    }

    /// Calls with the families of a snapshot, that of the target first.
    pub(super) fn families(
        &self,
        snapshot: &Snapshot,
        names: Names,
        write: impl FnOnce(&[Family<'_>]),
    ) {
        let keys = Keys::of(snapshot, names);
        let target = self.target.labels(names);
        let labels = labels::of_target(&target);
        let target = (!target.is_empty())
            .then(|| Family::info("target", "Who these metrics are of.", labels));
        let (families, conflicts) = family::families(snapshot, target, &keys, names);
        for conflict in conflicts {
            if lock(&self.mentioned).insert((conflict.metric.clone(), conflict.name.clone())) {
                diag::warn(format_args!(
                    "Prometheus does not get (all of) the metric `{}`: {}; its name there would \
                     be `{}`",
                    conflict.metric, conflict.why, conflict.name
                ));
            }
        }
        write(&families);
    }

    #[cfg(feature = "prometheus-remote-write")]
    pub(super) fn target(&self) -> &Target {
        &self.target
    }
}
