//! As much reading of JSON as the answers of receivers need: members of objects, texts, integers.
//!
//! It takes what it looks for and checks nothing else: an answer that is no JSON says nothing.

/// The value of a member of an object, as it stands in the text.
pub(super) fn member<'a>(object: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let mut rest = trimmed(object).strip_prefix(b"{")?;
    loop {
        let key = trimmed(rest);
        let (key, after) = key.split_at_checked(value_len(key)?)?;
        let value = trimmed(trimmed(after).strip_prefix(b":")?);
        let (value, after) = value.split_at_checked(value_len(value)?)?;
        if string(key)? == name {
            return Some(value);
        }
        rest = trimmed(after).strip_prefix(b",")?;
    }
}

/// A text, without its quotes and escapes.
pub(super) fn string(value: &[u8]) -> Option<String> {
    let quoted = value.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
    let text = String::from_utf8_lossy(quoted);
    let mut chars = text.chars();
    let mut out = String::with_capacity(text.len());
    while let Some(char) = chars.next() {
        out.push(match char {
            '\\' => match chars.next()? {
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'b' | 'f' => ' ',
                'u' => {
                    let digits: String = chars.by_ref().take(4).collect();
                    let code = u32::from_str_radix(&digits, 16).ok()?;
                    // Half of a pair: nobody needs it in a message.
                    char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)
                }
                other => other,
            },
            other => other,
        });
    }
    Some(out)
}

/// An integer; those of 64 bits come as text.
pub(super) fn integer(value: &[u8]) -> Option<i64> {
    std::str::from_utf8(value).ok()?.trim_matches('"').parse().ok()
}

/// How long the value is that the text begins with.
fn value_len(text: &[u8]) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => {
                in_string = !in_string;
                if !in_string && depth == 0 {
                    return Some(at + 1);
                }
            }
            _ if in_string => {}
            b'{' | b'[' => depth += 1,
            b'}' | b']' if depth == 0 => return (at > 0).then_some(at),
            b'}' | b']' => {
                depth -= 1;
                if depth == 0 {
                    return Some(at + 1);
                }
            }
            b',' | b':' | b' ' | b'\t' | b'\n' | b'\r' if depth == 0 => {
                return (at > 0).then_some(at);
            }
            _ => {}
        }
    }
    (depth == 0 && !in_string && !text.is_empty()).then_some(text.len())
}

fn trimmed(text: &[u8]) -> &[u8] {
    text.trim_ascii_start()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_member_is_found_behind_others() {
        let text = br#" {"a" : [1, {"b": "}]"}], "c\"" :"x,y" , "n": -12 , "b": {"b":true}}"#;
        let found =
            |name| member(text, name).map(|value| String::from_utf8_lossy(value).into_owned());

        assert_eq!(found("a").as_deref(), Some(r#"[1, {"b": "}]"}]"#));
        assert_eq!(found("c\"").as_deref(), Some(r#""x,y""#));
        assert_eq!(found("n").as_deref(), Some("-12"));
        assert_eq!(found("b").as_deref(), Some(r#"{"b":true}"#));
        assert_eq!(found("d"), None);
        assert_eq!(integer(b"\"-12\""), Some(-12));
    }

    proptest! {
        #[test]
        fn any_text_in_an_object_is_read(before: String, key: String, value: String) {
            prop_assume!(before != key);
            let object = serde_json::json!({ &before: [&value], &key: &value }).to_string();
            let found = member(object.as_bytes(), &key).and_then(string);
            let expected: String =
                value.chars().map(|c| if matches!(c, '\u{8}' | '\u{c}') { ' ' } else { c }).collect();
            prop_assert_eq!(found, Some(expected));
        }

        #[test]
        fn reading_survives_any_text(text in "[\\PC\"{}\\[\\]:,\\\\ ]{0,40}") {
            let _ = member(text.as_bytes(), "a").and_then(string);
            let _ = member(format!("{{{text}").as_bytes(), "a").and_then(string);
            let _ = string(text.as_bytes());
        }
    }
}
