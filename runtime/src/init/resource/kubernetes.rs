//! The pod, as the downward API tells it through variables.

use super::{Detected, Machine};
use crate::init::{
    config::Source,
    env::{
        Reader, Variable,
        table::{
            CONTAINER_NAME, DEPLOYMENT, DEPLOYMENT_NAME, K8S_CONTAINER_NAME, K8S_DEPLOYMENT_NAME,
            K8S_NAMESPACE, K8S_NODE_NAME, K8S_POD_NAME, K8S_POD_UID, KUBERNETES_NAMESPACE,
            KUBERNETES_NODE_NAME, KUBERNETES_POD_NAME, KUBERNETES_POD_UID, KUBERNETES_SERVICE_HOST,
            NAMESPACE, NODE_NAME, POD_NAME, POD_NAMESPACE, POD_UID,
        },
    },
};

/// The narrowest name first: `NAMESPACE` alone could be anybody's.
const ATTRIBUTES: [(&str, &[&Variable]); 6] = [
    ("k8s.pod.name", &[K8S_POD_NAME, KUBERNETES_POD_NAME, POD_NAME]),
    ("k8s.pod.uid", &[K8S_POD_UID, KUBERNETES_POD_UID, POD_UID]),
    ("k8s.namespace.name", &[K8S_NAMESPACE, KUBERNETES_NAMESPACE, POD_NAMESPACE, NAMESPACE]),
    ("k8s.node.name", &[K8S_NODE_NAME, KUBERNETES_NODE_NAME, NODE_NAME]),
    ("k8s.container.name", &[K8S_CONTAINER_NAME, CONTAINER_NAME]),
    ("k8s.deployment.name", &[K8S_DEPLOYMENT_NAME, DEPLOYMENT_NAME, DEPLOYMENT]),
];

/// Mounted into every pod whose service account is not switched off.
pub(super) const NAMESPACE_FILE: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";

pub(super) fn detect(sink: &mut Detected, reader: &mut Reader<'_>, machine: &Machine<'_>) {
    if reader.text(KUBERNETES_SERVICE_HOST).is_none() {
        return;
    }
    sink.set_if(Source::Detected, "k8s.namespace.name", machine.line(NAMESPACE_FILE));
    for (key, variables) in ATTRIBUTES {
        sink.set_from(reader, key, variables);
    }
}
