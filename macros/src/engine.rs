//! From an attribute and its item to the item that the compiler sees.

use proc_macro2::TokenStream;
use syn::Path;

use crate::{
    TABLE,
    args::Options,
    errors::Errors,
    expand,
    parse::{
        self, Block, Function, Item,
        labels::Labelled,
        siblings::{self, Written},
    },
    plan::{self, Draft, Stage},
};

/// One attribute of the table.
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    /// Its place in the nesting, from the outside.
    pub(crate) rank: u8,
    plan: fn(&[&Written], &Function, &mut Draft, &mut Errors),
    validate: fn(TokenStream, &mut Errors),
}

/// What the file of an attribute implements, beside declaring its options.
pub(crate) trait Attribute: Options {
    /// Reports options that exclude each other.
    fn validate(&self, errors: &mut Errors) {
        let _ = errors;
    }

    /// Reports options that make no sense for several functions at once.
    fn check_block(&self, errors: &mut Errors) {
        let _ = errors;
    }

    /// These options, given those of a block around the function.
    fn merge(self, outer: Self) -> Self {
        self.over(outer)
    }

    /// Whether the function is left out.
    fn is_skipped(&self) -> bool;

    /// Whether it is a step of its own on the way to the body.
    fn is_stage(&self) -> bool {
        true
    }

    /// Reports options that make no sense on this very function.
    ///
    /// Not asked of options of a block: there, what does not fit a function does not concern it.
    fn check(&self, function: &Function, draft: &Draft, errors: &mut Errors) {
        let _ = (function, draft, errors);
    }

    /// Adds its part to what is generated.
    fn plan(self, function: &Function, draft: &mut Draft, errors: &mut Errors);
}

impl Entry {
    pub(crate) const fn new<A: Attribute>(name: &'static str, rank: u8) -> Self {
        Self {
            name,
            rank,
            plan: plan::<A>,
            validate: |args, errors| {
                let options = A::parse(args, errors);
                options.validate(errors);
                options.check_block(errors);
            },
        }
    }
}

/// The attribute of this name.
pub(crate) fn entry(name: &str) -> Option<&'static Entry> {
    TABLE.iter().find(|entry| entry.name == name)
}

/// Reports what is wrong with the options of an attribute that a block is given.
pub(crate) fn validate(entry: &Entry, args: TokenStream, errors: &mut Errors) {
    (entry.validate)(args, errors);
}

/// Expands one of the table's attributes.
pub(crate) fn attribute(name: &str, args: TokenStream, item: TokenStream) -> TokenStream {
    let Some(entry) = entry(name) else { return item };
    if siblings::is_witness(&args) {
        return TokenStream::new();
    }
    let output = match parse::item(name, item.clone()) {
        Ok(Item::Function(function)) => expand_function(Written::new(entry, args), *function),
        Ok(Item::Block(block)) => expand_block(&Written::new(entry, args), &block),
        Err(error) => expand::beside(&item, &error),
    };
    expand::debug(name, &output);
    output
}

/// Expands `span!`.
pub(crate) fn span(input: TokenStream) -> TokenStream {
    let output = match syn::parse2(input) {
        Ok(input) => expand::span::expand(&plan::span::plan(input)),
        Err(error) => error.to_compile_error(),
    };
    expand::debug("span", &output);
    output
}

/// Plans one attribute that stands on no function.
pub(crate) fn plan_one(
    entry: &'static Entry,
    args: TokenStream,
    span: proc_macro2::Span,
    function: &Function,
    draft: &mut Draft,
    errors: &mut Errors,
) {
    // As of a block: what is about the function itself is not asked.
    let written = Written { entry, args, span, is_block: true, path: None };
    (entry.plan)(&[&written], function, draft, errors);
}

/// Expands `policy!`.
pub(crate) fn policy(input: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let plan =
        errors.ok(syn::parse2(input)).and_then(|input| plan::policy::plan(input, &mut errors));
    let output = match (errors.is_empty(), plan) {
        (true, Some(plan)) => expand::policies::expand(&plan),
        _ => expand::policies::refuse(errors),
    };
    expand::debug("policy", &output);
    output
}

/// Expands `#[derive(Classify)]`.
pub(crate) fn classify(item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let output = match parse::classify::parse(item, &mut errors) {
        Ok(item) if errors.is_empty() => expand::classify::expand(&item),
        Ok(_) => errors.into_tokens(),
        Err(error) => error.to_compile_error(),
    };
    expand::debug("Classify", &output);
    output
}

/// Expands `#[spandrel::test]`.
pub(crate) fn test(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let function = match parse::item("spandrel::test", item.clone()) {
        Ok(Item::Function(function)) => function,
        Ok(Item::Block(block)) => {
            let error = crate::errors::at(&block.head, "`#[spandrel::test]` belongs on a function");
            return expand::beside(item, &error);
        }
        Err(error) => return expand::beside(item, &error),
    };
    let plan = plan::test::plan(args, &function, &mut errors);
    let output = match (errors.is_empty(), plan) {
        (true, Some(plan)) => expand::test::expand(&plan, &function),
        _ => expand::fallback(&function, &[], errors),
    };
    expand::debug("test", &output);
    output
}

/// Expands `#[derive(Labels)]`.
pub(crate) fn labels(item: TokenStream) -> TokenStream {
    derive("Labels", item, parse::labels::structure, expand::labels::labels)
}

/// Expands `#[derive(LabelValue)]`.
pub(crate) fn label_value(item: TokenStream) -> TokenStream {
    derive("LabelValue", item, parse::labels::enumeration, expand::labels::value)
}

fn derive(
    name: &str,
    item: TokenStream,
    parse: fn(TokenStream, &mut Errors) -> syn::Result<Labelled>,
    expand: fn(&Labelled) -> TokenStream,
) -> TokenStream {
    let mut errors = Errors::default();
    let output = match parse(item, &mut errors) {
        Ok(item) => {
            let mut output = expand(&item);
            output.extend(errors.into_tokens());
            output
        }
        Err(error) => error.to_compile_error(),
    };
    expand::debug(name, &output);
    output
}

fn expand_function(first: Written, mut function: Function) -> TokenStream {
    let krate = crate_of(&first, &function.attrs);
    let mut written = vec![first];
    written.extend(siblings::gather(&mut function.attrs, &krate));
    siblings::unfold(&mut written);
    // What stands on the function itself before what a block around it said; stable, and the same
    // for every order in which the attributes are written.
    written.sort_by_key(|written| (written.entry.rank, written.is_block));

    let mut errors = std::mem::take(&mut function.errors);
    plan::check_function(&written, &function, &mut errors);
    plan::metered::check_siblings(&written, &mut errors);
    let mut draft = Draft::new(krate, &function, &written);
    for group in written.chunk_by(|a, b| a.entry.name == b.entry.name) {
        if let Some(first) = group.first() {
            (first.entry.plan)(
                &group.iter().collect::<Vec<_>>(),
                &function,
                &mut draft,
                &mut errors,
            );
        }
    }
    plan::check_marks(&draft, &written, &function, &mut errors);
    plan::policies::check(&mut draft, &written, &function, &mut errors);
    if errors.is_empty() {
        if let Some(policies) = &mut draft.policies {
            policies.take_mut(&mut function.sig);
        }
        if draft.is_scripted {
            function.body = expand::scripted(&draft, &function);
        }
        expand::function::expand(&draft, &function, &written)
    } else {
        expand::fallback(&function, &written, errors)
    }
}

fn expand_block(written: &Written, block: &Block) -> TokenStream {
    let mut errors = Errors::default();
    validate(written.entry, written.args.clone(), &mut errors);
    let krate = crate_of(written, &[]);
    // With an error in its options the block stays as it is, or each function would repeat it.
    let hand_on = errors.is_empty();
    expand::block::expand(written, block, &krate, hand_on, errors)
}

/// `crate = path` on any of our attributes counts for all of them.
fn crate_of(first: &Written, attrs: &[syn::Attribute]) -> Path {
    let lists = attrs.iter().filter(|attr| {
        attr.path().segments.last().is_some_and(|last| entry(&last.ident.to_string()).is_some())
    });
    let mut args = lists.filter_map(|attr| attr.meta.require_list().ok());
    siblings::crate_path(&first.args)
        .or_else(|| args.find_map(|list| siblings::crate_path(&list.tokens)))
        .unwrap_or_else(siblings::default_crate)
}

/// Merges what was written of one attribute, from the function outwards, and plans it.
fn plan<A: Attribute>(
    written: &[&Written],
    function: &Function,
    draft: &mut Draft,
    errors: &mut Errors,
) {
    let mut merged: Option<A> = None;
    let before = errors.count();
    for (index, written) in written.iter().enumerate() {
        if index > 0 && !written.is_block {
            let name = written.entry.name;
            let message = format!("`{name}` is given twice; put all options into one");
            errors.push(syn::Error::new(written.span, message));
        }
        let options = A::parse(written.args.clone(), errors);
        if !written.is_block {
            options.validate(errors);
            options.check(function, draft, errors);
        }
        if merged.is_none() && options.is_skipped() {
            return;
        }
        merged = Some(match merged {
            Some(inner) => inner.merge(options),
            None => options,
        });
    }
    if let (Some(options), Some(first)) = (merged, written.first()) {
        draft.place = first.span;
        draft.is_complete = errors.count() == before;
        if options.is_stage() {
            draft.pipeline.push(Stage { name: first.entry.name, args: first.args.clone() });
        }
        options.plan(function, draft, errors);
    }
}
