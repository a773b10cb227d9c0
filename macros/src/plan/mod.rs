//! What is to be generated, decided once: the printers ask nothing.

pub(crate) mod captures;
pub(crate) mod declared;
pub(crate) mod groups;
pub(crate) mod metered;
pub(crate) mod policies;
pub(crate) mod policy;
pub(crate) mod shape;
pub(crate) mod site;
pub(crate) mod span;
pub(crate) mod test;

use proc_macro2::{Span, TokenStream};
use syn::{Expr, Ident, LitStr, Path};

use crate::{
    args::{Shown, Verbosity},
    errors::Errors,
    parse::{Function, siblings::Written},
};

pub(crate) use captures::Capture;
pub(crate) use metered::Label;
pub(crate) use policies::Policies;
pub(crate) use shape::Shape;

/// What the attributes of one function add up to.
pub(crate) struct Draft {
    pub(crate) krate: Path,
    /// Where the attribute stands that is being planned.
    pub(crate) place: Span,
    /// Whether all of its options could be read: what is missing may be what could not.
    pub(crate) is_complete: bool,
    pub(crate) shape: Shape,
    /// Builder calls on the site, from the outermost attribute inwards.
    pub(crate) site: Vec<TokenStream>,
    pub(crate) call: Call,
    pub(crate) policies: Option<Policies>,
    pub(crate) pipeline: Vec<Stage>,
    /// Tests may say what the body returns.
    pub(crate) is_scripted: bool,
    /// An attribute reads `#[field]`.
    pub(crate) takes_fields: bool,
}

/// One attribute in force, as written.
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    pub(crate) args: TokenStream,
}

/// What happens around the body.
#[derive(Default)]
pub(crate) struct Call {
    pub(crate) captures: Vec<Capture>,
    /// A name that each span has of its own.
    pub(crate) name: Option<CallName>,
    pub(crate) origin: Option<Origin>,
    pub(crate) links: Vec<Expr>,
    pub(crate) err: Option<Shown>,
    pub(crate) error_if: Option<Expr>,
    /// The calls are measured as a convention has it, by these labels.
    pub(crate) measured: Option<Vec<groups::Measured>>,
    /// Attributes that are asked of the result.
    pub(crate) asked: Vec<(LitStr, Expr)>,
    /// The function has a span.
    pub(crate) has_span: bool,
    /// The calls are counted, by these labels.
    pub(crate) metered: Option<Vec<Label>>,
    /// How the returned value is recorded, as `ret!` names it.
    pub(crate) ret: Option<&'static str>,
    /// `tracing` is told of errors.
    pub(crate) failed: Option<Told>,
    /// `tracing` is told of what is returned, or only of what is in `Ok`.
    pub(crate) returned: Option<(Told, bool)>,
}

/// The name of one span.
pub(crate) enum CallName {
    /// Words, one behind the other.
    Parts(Vec<NamePart>),
    /// A format string with the names of arguments.
    Pattern(LitStr),
    /// What the captured statement does.
    Statement(usize),
}

/// One word of a name.
pub(crate) enum NamePart {
    /// The value of this capture.
    Captured(usize),
    Text(String),
}

impl Call {
    /// Whether anything is recorded or counted.
    pub(crate) fn is_watched(&self) -> bool {
        self.has_span || self.metered.is_some()
    }

    /// Whether `tracing` is told how the function ends.
    pub(crate) fn tells(&self) -> bool {
        self.failed.is_some() || self.returned.is_some()
    }
}

/// Where a span hangs, if not below the current one.
pub(crate) enum Origin {
    Parent(Expr),
    Root,
    /// As `#[instrument]` was told.
    Given {
        parent: Option<Expr>,
        causes: Option<Expr>,
    },
}

/// What `tracing` is told when a function ends.
pub(crate) struct Told {
    pub(crate) how: Shown,
    pub(crate) level: Verbosity,
}

impl Draft {
    pub(crate) fn new(krate: Path, function: &Function, written: &[Written]) -> Self {
        // The flag changes the shape, so it is looked up before the options are planned.
        let says_future = |written: &Written| {
            written.args.clone().into_iter().any(|token| match token {
                proc_macro2::TokenTree::Ident(word) => word == "future",
                _ => false,
            })
        };
        // `#[instrument]` has no such flag: like that of `tracing` it looks at the body.
        let is_theirs = written.iter().any(|written| written.entry.name == "instrument");
        let says_future = match is_theirs {
            true => shape::ends_in_future(function),
            false => written.iter().any(says_future),
        };
        let shape = Shape::of(function, says_future);
        Self {
            krate,
            place: Span::call_site(),
            is_complete: true,
            shape: if is_theirs { shape.around_making() } else { shape },
            site: Vec::new(),
            call: Call::default(),
            policies: None,
            pipeline: Vec::new(),
            is_scripted: false,
            takes_fields: false,
        }
    }
}

impl Draft {
    /// Reports that an attribute lacks something, unless it may be among what could not be read.
    pub(crate) fn lacks(&self, errors: &mut Errors, message: &str) {
        if self.is_complete {
            errors.here(self.place, message);
        }
    }

    /// What guards the function, to which more is about to be added.
    pub(crate) fn policies(&mut self) -> &mut Policies {
        self.policies.get_or_insert_default()
    }
}

/// Reports what no attribute of ours can stand on.
pub(crate) fn check_function(written: &[Written], function: &Function, errors: &mut Errors) {
    let first = written.first();
    let name = first.map_or("", |first| first.entry.name);
    if let Some(constness) = function.sig.constness {
        errors.at(
            constness,
            format!(
                "`#[{name}]` cannot watch a `const fn`, which may run in the compiler; put it on \
                 the function that calls it"
            ),
        );
    }
    let of = |name| written.iter().find(|written| written.entry.name == name);
    if let (Some(_), Some(instrument)) = (of("traced"), of("instrument")) {
        errors.push(syn::Error::new(
            instrument.span,
            "`instrument` and `traced` on one function would make two spans of each call; keep one \
             (or import the one of `tracing` under its path: `#[tracing::instrument]`)",
        ));
    }
    if function.is_expanded()
        && let Some(first) = first
    {
        errors.push(syn::Error::new(
            first.span,
            format!(
                "another attribute of this crate has expanded this function before it could see \
                 `#[{name}]`; write this one first, or under its own name (it was renamed)"
            ),
        ));
    }
}

/// Reports options about the result of a function whose result cannot be seen.
pub(crate) fn check_guard<'k>(
    keys: impl Iterator<Item = &'k Ident>,
    function: &Function,
    errors: &mut Errors,
) {
    let why = if function.has_attribute("track_caller") {
        "the function is `#[track_caller]`, whose caller's place would be lost"
    } else {
        "the function never returns"
    };
    for key in keys {
        errors.at(key, format!("`{key}` cannot see the result: {why}"));
    }
}

/// Reports `#[field]` where nothing reads it.
pub(crate) fn check_marks(
    draft: &Draft,
    written: &[Written],
    function: &Function,
    errors: &mut Errors,
) {
    let is_traced = written.iter().any(|written| written.entry.name == "traced");
    if draft.takes_fields || is_traced {
        return;
    }
    let marked = function.params.iter().filter(|param| param.field.is_some());
    for name in marked.filter_map(|param| param.names.first()) {
        errors.at(name, format!("`#[field]` on `{name}` is read by `#[traced]`; add it"));
    }
}
