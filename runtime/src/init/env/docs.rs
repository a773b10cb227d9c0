//! `docs/environment.md` is the table for people; it is written from the table and never by hand.

use std::{fmt::Write as _, fs, path::Path};

use super::{Origin, Variable, table::TABLE};

const HEAD: &str = "\
# Environment variables

What a program that uses Spandrel understands. Code beats the environment, the environment beats
the default. An empty value counts as unset.

- **OpenTelemetry**: by its [specification][otel]. A value that is not understood gives one warning
  and counts as unset; a boolean that is neither `true` nor `false` counts as `false`.
- **Alias**: a name that many services use; the variable it stands for wins.
- **Spandrel**: a value that is not understood, and a name with this prefix that is not in the
  table, are errors when the program starts. All of them are reported at once.
- **Options of policies**: `SPANDREL__SHOP__ORDERS__CHARGE__RETRY__MAX_ATTEMPTS=5` sets an option of
  the policies of one function, of all of a type, a module or the program; see the page
  [configuration of policies](configuration.md).
- **Convention**: read as many other tools read it.

";
const FOOT: &str = "
[otel]: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
";

fn markdown() -> String {
    let mut text = HEAD.to_owned();
    for (title, rows) in [
        ("OpenTelemetry", Origin::Specified),
        ("Spandrel", Origin::Own),
        ("Alias", Origin::Alias("")),
        ("Convention", Origin::Convention),
    ] {
        let same = |origin| std::mem::discriminant(&origin) == std::mem::discriminant(&rows);
        let rows = TABLE.iter().filter(|row| same(row.origin));
        let _ = write!(
            text,
            "## {title}\n\n| variable | value | default | meaning |\n|---|---|---|---|\n"
        );
        rows.for_each(|row| text.push_str(&markdown_row(row)));
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text + "\n" + FOOT
}

fn markdown_row(row: &Variable) -> String {
    let default = match row.default {
        "" => String::new(),
        // A sentence has its own marks, and spaces.
        sentence if sentence.contains(' ') => sentence.to_owned(),
        value => format!("`{value}`"),
    };
    let meaning = match row.origin {
        Origin::Alias(of) => format!("{}; stands for `{of}`", row.meaning),
        _ => row.meaning.to_owned(),
    };
    let default = if default.is_empty() { default } else { default + " " };
    format!("| `{}` | {} | {default}| {meaning} |\n", row.name, row.kind)
}

#[test]
fn the_documentation_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/environment.md");
    let expected = markdown();

    if fs::read_to_string(&path).is_ok_and(|text| text == expected) {
        return;
    }

    fs::write(&path, expected).unwrap();
    panic!("docs/environment.md was not up to date and was written anew; read and commit it");
}

#[test]
fn no_cell_breaks_the_table() {
    for row in TABLE {
        let text = markdown_row(row);
        assert_eq!(text.matches('|').count(), 5, "{text}");
        assert!(!text.contains("  "), "{text}");
    }
}

#[test]
fn every_alias_stands_for_a_name_of_the_specification() {
    for row in TABLE {
        if let Origin::Alias(of) = row.origin {
            assert!(of.starts_with("OTEL_"), "{of}");
        }
    }
}
