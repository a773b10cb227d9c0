//! The file of options: TOML, with the exact names of functions, modules and policies.

use toml::de::{DeTable, DeValue};

use crate::resilience::overrides::Override;

/// What a file says, and what is wrong with it.
pub(super) fn read(path: &str, text: &str) -> (Vec<Override>, Vec<String>) {
    let (mut said, mut problems) = (Vec::new(), Vec::new());
    match DeTable::parse(text) {
        Ok(table) => walk(table.get_ref(), &mut Vec::new(), &mut |keys, value| {
            let read = value.map_err(|what| {
                format!("`{}` in `{path}` {what}; write one value", keys.join("."))
            });
            match read.and_then(|value| Override::of_file(path, keys, &value)) {
                Ok(one) => said.push(one),
                Err(problem) => problems.push(problem),
            }
        }),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            let line = text[..at.min(text.len())].matches('\n').count() + 1;
            let message = error.message().replace('\n', ", ");
            problems.push(format!(
                "line {line} of `{path}` is no TOML: {message}; write `[\"shop::orders::charge\".retry]` \
                 and below it `max_attempts = 5`"
            ));
        }
    }
    (said, problems)
}

/// What takes a value, by the keys that lead to it; or what is wrong with it.
type Found<'f> = dyn FnMut(&[&str], Text) + 'f;
type Text = Result<String, &'static str>;

/// Hands on every value with the keys that lead to it.
fn walk<'t>(table: &'t DeTable<'_>, keys: &mut Vec<&'t str>, found: &mut Found<'_>) {
    for (key, value) in table {
        keys.push(key.get_ref());
        match value.get_ref() {
            DeValue::Table(table) => walk(table, keys, found),
            value => found(keys, text(value)),
        }
        keys.pop();
    }
}

/// A value as it would stand in a variable.
fn text(value: &DeValue<'_>) -> Text {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => {
            let parsed = i64::from_str_radix(number.as_str(), number.radix());
            parsed.map(|number| number.to_string()).map_err(|_| "is too large a number")
        }
        DeValue::Float(number) => Ok(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Ok(truth.to_string()),
        DeValue::Datetime(_) => Err("is a date"),
        DeValue::Array(_) => Err("is a list"),
        DeValue::Table(_) => Err("is a table"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        read("shop.toml", text).1
    }

    #[test]
    fn values_are_read_as_variables_are() {
        let text = r#"
            enabled = true
            retry.max_attempts = 4
            [retry.budget]
            share = 0.1
            ["shop::orders::charge".circuit_breaker]
            window = 0x64
            open_for = "30s"
            [payments]
            rate_limit = { rate = "100/s", observe = false }
        "#;

        let (said, problems) = read("shop.toml", text);

        assert_eq!(problems, [""; 0]);
        let said: Vec<_> = said.iter().map(|one| one.origin.as_str()).collect();
        let expected = [
            "`enabled = true` in `shop.toml`",
            "`payments.rate_limit.observe = false` in `shop.toml`",
            "`payments.rate_limit.rate = 100/s` in `shop.toml`",
            "`retry.budget.share = 0.1` in `shop.toml`",
            "`retry.max_attempts = 4` in `shop.toml`",
            "`shop::orders::charge.circuit_breaker.open_for = 30s` in `shop.toml`",
            "`shop::orders::charge.circuit_breaker.window = 100` in `shop.toml`",
        ];
        assert_eq!(said.len(), expected.len());
        expected.iter().for_each(|one| assert!(said.contains(one), "{one} is not in {said:?}"));
    }

    #[test]
    fn what_is_wrong_says_where_and_what_to_write() {
        for (text, expected) in [
            (
                "retry = 3",
                "`retry` in `shop.toml` is no option of `retry`; write one of `max_attempts`, ",
            ),
            (
                "[x.retry]\nmax = 3",
                "`x.retry.max` in `shop.toml` is no option of `retry`; write one of",
            ),
            (
                "[x]\nretries = 3",
                "`x.retries` in `shop.toml` names no mechanism; write a function, a",
            ),
            (
                "[retry]\nmax_attempts = [1]",
                "`retry.max_attempts` in `shop.toml` is a list; write one",
            ),
            (
                "[timeout]\ntotal = 8",
                "`timeout.total = 8` in `shop.toml` is not understood; write a time longer than",
            ),
            ("[retry\n", "line 1 of `shop.toml` is no TOML: "),
        ] {
            let problems = problems(text);
            assert_eq!(problems.len(), 1, "{problems:?}");
            assert!(problems[0].starts_with(expected), "{}", problems[0]);
        }
    }
}
