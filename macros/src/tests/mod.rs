//! Expansions as text: snapshots, and that the order of attributes does not show.
//!
//! `SPANDREL_SNAPSHOTS=overwrite cargo test -p spandrel-macros` writes the snapshots anew.

mod literals;
mod permutations;
mod snapshots;
mod table;

use proc_macro2::TokenStream;
use quote::ToTokens as _;
use syn::{Attribute, Item, parse::Parser as _};

use crate::engine;

/// Expands the first of our attributes on an item, as the compiler would.
fn expand(item: &str) -> TokenStream {
    let mut item = syn::parse_str::<Item>(item).unwrap();
    let attrs = attributes(&mut item);
    let first = attrs.iter().position(|attr| name(attr).is_some()).unwrap();
    let attr = attrs.remove(first);
    let args = match &attr.meta {
        syn::Meta::List(list) => list.tokens.clone(),
        _ => TokenStream::new(),
    };
    engine::attribute(&name(&attr).unwrap(), args, item.into_token_stream())
}

fn attributes(item: &mut Item) -> &mut Vec<Attribute> {
    match item {
        Item::Fn(item) => &mut item.attrs,
        Item::Impl(item) => &mut item.attrs,
        Item::Trait(item) => &mut item.attrs,
        Item::Mod(item) => &mut item.attrs,
        _ => unreachable!("no item that takes our attributes"),
    }
}

fn name(attr: &Attribute) -> Option<String> {
    let name = attr.path().get_ident()?.to_string();
    engine::entry(&name).map(|entry| entry.name.to_owned())
}

/// An expansion, as a person would format it.
fn pretty(tokens: TokenStream) -> String {
    prettyplease::unparse(&syn::parse2(tokens).unwrap())
}

/// An expansion without its witnesses.
fn without_witnesses(tokens: TokenStream) -> String {
    let is_witness = |line: &str| line.contains("(__witness)");
    let text = pretty(tokens);
    let mut lines = text.lines();
    let mut kept = Vec::new();
    while let Some(line) = lines.next() {
        if !is_witness(line) {
            kept.push(line);
            continue;
        }
        // The constant behind it, up to its semicolon.
        lines.by_ref().find(|line| line.trim_end().ends_with(';'));
    }
    kept.join("\n")
}

#[test]
fn a_witness_leaves_nothing() {
    let args = TokenStream::from_iter(["__witness".parse::<TokenStream>().unwrap()]);
    let parse = |text: &str| Attribute::parse_outer.parse_str(text).unwrap();
    assert!(parse("#[counted(__witness)]").len() == 1);

    let item = "const _: () = ::core::compile_error!(\"…\");".parse().unwrap();

    assert!(engine::attribute("counted", args, item).is_empty());
}
