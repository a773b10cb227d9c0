//! Literals of policies mean what they mean outside of the code, too.

use std::{fs, path::PathBuf};

use syn::{Ident, parse::ParseStream, parse::Parser as _};

use crate::args::{
    Assigned, Backoff, Constant, Count, Factor, Lapse, Portion, Rate, Spread, Truth, Window,
};
use crate::attributes::hedge::Delay;

/// `+` of what is taken, or what it means; `-` of what is not.
fn meaning(kind: &str, literal: &str) -> String {
    fn parse<T: Assigned>(literal: &str) -> syn::Result<T> {
        let key = Ident::new("key", proc_macro2::Span::call_site());
        (|input: ParseStream<'_>| T::parse(&key, input)).parse_str(literal)
    }
    fn taken<T>(parsed: &syn::Result<T>) -> String {
        if parsed.is_ok() { "+" } else { "-" }.to_owned()
    }
    match kind {
        "lapse" => match parse::<Lapse>(literal) {
            Ok(Lapse::Nanos(nanos)) => nanos.to_string(),
            _ => "-".to_owned(),
        },
        "rate" => match parse::<Rate>(literal).map(Constant::from) {
            Ok(Constant::Call("Rate", "new", values)) => match values.as_slice() {
                [Constant::Count(calls), Constant::Lapse(nanos)] => format!("{calls}/{nanos}"),
                _ => "-".to_owned(),
            },
            _ => "-".to_owned(),
        },
        "backoff" => taken(&parse::<Backoff>(literal)),
        "jitter" => taken(&parse::<Spread>(literal)),
        "window" => taken(&parse::<Window>(literal)),
        "share" => taken(&parse::<Portion>(literal)),
        "factor" => taken(&parse::<Factor>(literal)),
        "count" => taken(&parse::<Count<1>>(literal)),
        "truth" => taken(&parse::<Truth>(literal)),
        "delay" => taken(&parse::<Delay>(literal)),
        other => format!("{other} is no kind of literal"),
    }
}

#[test]
fn literals_mean_what_the_table_says() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/literals.txt");
    let cases = fs::read_to_string(&path).unwrap();
    for case in cases.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (kind, rest) = case.split_once(char::is_whitespace).unwrap();
        let (literal, expected) = rest.trim().rsplit_once(char::is_whitespace).unwrap();

        assert_eq!(meaning(kind, literal.trim()), expected, "{case}");
    }
}
