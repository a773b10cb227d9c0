//! Under which key of Redis a bucket lies.

use std::fmt::Write as _;

use crate::conceal;

/// Longer keys are cut, and a hash of all of them takes the place of the rest.
const MOST: usize = 200;

/// The key of Redis: different names or keys have different ones, whatever is in them.
///
/// What outsiders may choose is escaped: nothing in it begins a hash tag of a cluster, ends a part or
/// breaks a line of somebody's terminal.
pub(super) fn of(name: &str, key: Option<&str>) -> String {
    let mut text = String::from("spandrel:rate:");
    escape(&mut text, name);
    if let Some(key) = key {
        text.push(':');
        escape(&mut text, key);
    }
    text
}

fn escape(text: &mut String, part: &str) {
    let (shown, rest) = part.as_bytes().split_at(part.len().min(MOST));
    for byte in shown {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
                text.push(char::from(*byte));
            }
            // Writing into a string does not fail.
            _ => {
                let _ = write!(text, "%{byte:02x}");
            }
        }
    }
    if !rest.is_empty() {
        let _ = write!(text, "~{:032x}", conceal::digest(part.as_bytes()));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn hostile_names_and_keys_stay_apart_and_small() {
        let long = "x".repeat(1_000_000);
        let longer = format!("{long}y");
        let hostile = [
            "",
            "a",
            "a:b",
            "b",
            ":",
            "%3a",
            "{a}",
            "}{",
            "a\r\nDEL b",
            "\0",
            "ä",
            "~",
            &long,
            &longer,
        ];
        let mut keys = HashSet::new();
        for name in hostile {
            assert!(keys.insert(of(name, None)), "{name}");
            for key in hostile {
                let text = of(name, Some(key));
                assert!(text.len() < 1_500, "{}", text.len());
                assert!(text.bytes().all(|byte| byte.is_ascii_graphic()), "{text}");
                assert!(!text.contains(['{', '}']), "{text}");
                assert!(keys.insert(text), "{name}: {key}");
            }
        }
    }
}
