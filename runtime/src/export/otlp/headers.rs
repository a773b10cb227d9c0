//! The list of headers that an environment variable holds.

/// Reads `name=value,name=value`; values are percent-encoded, white space around both is ignored.
///
/// # Errors
///
/// Returns the name of the first member that is none. Its value is not shown: it may be a secret.
pub(crate) fn parse_list(list: &str) -> Result<Vec<(String, String)>, String> {
    let members = list.split(',').map(str::trim).filter(|member| !member.is_empty());
    members.map(parse_member).collect()
}

fn parse_member(member: &str) -> Result<(String, String), String> {
    let (name, value) = member.split_once('=').ok_or("(a member without `=`)")?;
    let name = name.trim();
    match percent_decode(value.trim()) {
        Some(value) if !name.is_empty() => Ok((name.to_owned(), value)),
        _ => Err(name.to_owned()),
    }
}

/// A `%` that no two digits follow stands for itself: tokens are pasted as they are.
fn percent_decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        let decoded = match rest {
            [b'%', high, low, ..] => digit(*high).zip(digit(*low)),
            _ => None,
        };
        match decoded {
            Some((high, low)) => {
                bytes.push(high << 4 | low);
                rest = &rest[3..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_are_split_trimmed_and_decoded() {
        let list = "api-key = s%3Dcr%2Cet , Authorization=Bearer%20abc==,,x-100=100%,y=a+b,";

        let headers = parse_list(list).unwrap();

        let headers: Vec<_> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(
            headers,
            [
                ("api-key", "s=cr,et"),
                ("Authorization", "Bearer abc=="),
                ("x-100", "100%"),
                ("y", "a+b"),
            ]
        );
    }

    #[test]
    fn a_broken_member_is_named_without_its_value() {
        assert_eq!(parse_list("a=1,hunter2"), Err("(a member without `=`)".to_owned()));
        assert_eq!(parse_list("=secret"), Err(String::new()));
        assert_eq!(parse_list("key=%ff%fe"), Err("key".to_owned()));
    }
}
