//! The policies as JSON.

use std::fmt::Write as _;

use super::status::{Policies, PolicyStatus};
use crate::functions::json::{member, string};

/// An array, one line for each policy.
pub(super) fn of(policies: &Policies) -> String {
    let mut json = String::from("[");
    for (index, policy) in policies.iter().enumerate() {
        json.push_str(if index == 0 { "\n" } else { ",\n" });
        write(policy, &mut json);
    }
    json.push_str("\n]\n");
    json
}

fn write(policy: &PolicyStatus, json: &mut String) {
    json.push_str("  {");
    let texts = [
        ("name", Some(policy.name())),
        ("key", policy.key()),
        ("kind", Some(policy.kind().as_str())),
        ("mode", Some(policy.mode().as_str())),
        ("state", Some(policy.state())),
    ];
    for (name, text) in texts {
        let Some(text) = text else { continue };
        member(json, name, text);
        json.push(',');
    }
    let _ = write!(json, "\"disputed\":{},\"statistics\":{{", policy.is_disputed());
    // JSON has no word for what is not finite.
    let finite = policy.statistics().into_iter().filter(|(_, number)| number.is_finite());
    for (index, (name, number)) in finite.enumerate() {
        json.push_str(if index == 0 { "" } else { "," });
        string(json, name);
        let _ = write!(json, ":{number}");
    }
    json.push_str("}}");
}
