//! `#[instrument]`: the drop-in for that of `tracing`.

use proc_macro2::{Ident, Punct, Spacing, TokenStream, TokenTree};
use syn::{Expr, Path};

use crate::{
    args::{self, Assign, Flag, Given, List, Name, Options, Shown, Switch, Telling, Verbosity},
    engine::Attribute,
    errors::Errors,
    expand,
    parse::{Function, fields::DeclaredField},
    plan::{
        Draft, Origin, Shape, Told, captures, check_guard, declared,
        site::{self, TracedSite},
    },
};

args::options! {
    struct Declared {
        name = "name": Assign<Expr>,
        level = "level": Assign<Verbosity>,
        target = "target": Assign<Expr>,
        parent = "parent": Assign<Expr>,
        follows_from = "follows_from": Assign<Expr>,
        skip = "skip": Switch<Name>,
        skip_all = "skip_all": Flag,
        fields = "fields": List<DeclaredField>,
        err = "err": Telling,
        ret = "ret": Telling,
        krate = "crate": Assign<Path>,
    }
}

/// The options, of which the name may stand alone.
pub(crate) struct Instrument(Declared);

impl Options for Instrument {
    fn parse(args: TokenStream, errors: &mut Errors) -> Self {
        Self(Declared::parse(named(args), errors))
    }

    fn over(self, outer: Self) -> Self {
        Self(self.0.over(outer.0))
    }
}

/// Writes `name =` in front of a literal that stands where an option does.
fn named(args: TokenStream) -> TokenStream {
    let mut starts = true;
    let mut output = TokenStream::new();
    for token in args {
        if let (true, TokenTree::Literal(name)) = (starts, &token) {
            output.extend([
                TokenTree::Ident(Ident::new("name", name.span())),
                TokenTree::Punct(Punct::new('=', Spacing::Alone)),
            ]);
        }
        starts = matches!(&token, TokenTree::Punct(comma) if comma.as_char() == ',');
        output.extend([token]);
    }
    output
}

impl Attribute for Instrument {
    fn validate(&self, errors: &mut Errors) {
        if let (Some(skip), Some(_)) = (&self.0.skip, &self.0.skip_all) {
            errors.at(&skip.key, "`skip` and `skip_all` exclude each other; keep one");
        }
    }

    fn check_block(&self, errors: &mut Errors) {
        if let Some(name) = &self.0.name {
            let key = &name.key;
            errors.at(key, format!("`{key}` concerns one function; write it on that function"));
        }
    }

    fn merge(self, mut outer: Self) -> Self {
        // A block's `skip` without a list concerns functions that say nothing themselves.
        outer.0.skip = outer.0.skip.filter(|skip| !matches!(skip.value, Switch::On));
        self.over(outer)
    }

    fn is_skipped(&self) -> bool {
        matches!(self.0.skip, Some(Given { value: Switch::On, .. }))
    }

    fn check(&self, function: &Function, draft: &Draft, errors: &mut Errors) {
        declared::check(self.0.skip.as_ref(), self.0.fields.as_ref(), function, errors);
        if matches!(draft.shape, Shape::Guard) {
            let keys = [self.0.ret.as_ref(), self.0.err.as_ref()];
            check_guard(keys.into_iter().flatten().map(|given| &given.key), function, errors);
        }
    }

    fn plan(self, function: &Function, draft: &mut Draft, _errors: &mut Errors) {
        let options = self.0;
        let (captured, empty) = declared::collect(
            options.skip.as_ref(),
            options.skip_all.is_some(),
            options.fields.as_ref(),
            function,
        );
        let own_name = || declared::name_of(function);
        let level = options.level.map(|level| level.value.0);
        let site = TracedSite {
            kind: None,
            level: level.clone(),
            target: options.target.map(|target| target.value.0),
            name: Some(options.name.map_or_else(own_name, |name| site::Name::Fixed(name.value.0))),
            fields: captured.iter().map(captures::Capture::field).chain(empty).collect(),
            ..TracedSite::default()
        };
        let private = expand::private(&draft.krate);
        draft.site.push(expand::site::instrument(&private, &site));
        let call = &mut draft.call;
        call.has_span = true;
        call.captures = captured;
        if options.parent.is_some() || options.follows_from.is_some() {
            call.origin = Some(Origin::Given {
                parent: options.parent.map(|parent| parent.value.0),
                causes: options.follows_from.map(|causes| causes.value.0),
            });
        }
        let returns_ok = options.err.is_some();
        // Whether it failed is always known; what went wrong is told if that was asked for.
        call.err = Some(Shown::None);
        if let Some(Given { value: err, .. }) = options.err {
            let how = err.how.unwrap_or(Shown::Display);
            let level = err.level.unwrap_or(Verbosity::Word(args::Level::Error));
            call.err = Some(how);
            call.failed = Some(Told { how, level });
        }
        if let Some(Given { value: ret, .. }) = options.ret {
            let how = ret.how.unwrap_or(Shown::Debug);
            let level = ret.level.or(level).unwrap_or(Verbosity::Word(args::Level::Info));
            call.returned = Some((Told { how, level }, returns_ok));
        }
    }
}
