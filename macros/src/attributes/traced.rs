//! `#[traced]`: a span for each call.

use syn::{Expr, Ident, LitStr, Path, Token, parse::ParseStream};

use crate::{
    args::{
        self, Assign, Flag, Given, Kind, Level, List, Name, Options as _, Redaction, Shown, Switch,
        Verbosity, Word,
    },
    engine::Attribute,
    errors::Errors,
    expand,
    parse::{Function, fields, fields::FieldArg, groups::Group},
    plan::{
        Draft, Origin, Shape, captures, check_guard, groups,
        site::{self, TracedSite},
    },
};

args::options! {
    struct Traced {
        name = "name": Assign<LitStr>,
        kind = "kind": Assign<Word<Kind>>,
        level = "level": Assign<Word<Level>>,
        fields = "fields": List<FieldArg>,
        args = "args": Switch<Name>,
        skip = "skip": Switch<Name>,
        skip_all = "skip_all": Flag,
        redact = "redact": List<RedactArg>,
        ret = "ret": Switch<Word<Shown>>,
        err = "err": Switch<Word<Shown>>,
        parent = "parent": Assign<Expr>,
        root = "root": Flag,
        links = "links": Assign<Expr>,
        follows_from = "follows_from": Assign<Expr>,
        target = "target": Assign<Expr>,
        error_if = "error_if": Assign<Expr>,
        db = "db": Group,
        genai = "genai": Group,
        messaging = "messaging": Group,
        rpc = "rpc": Group,
        vector_search = "vector_search": Group,
        future = "future": Flag,
        krate = "crate": Assign<Path>,
    }
}

/// `a`, `dotted.key`, or `a = hash`.
#[derive(Clone)]
pub(crate) struct RedactArg {
    pub(crate) key: LitStr,
    pub(crate) redaction: Option<Redaction>,
}

impl syn::parse::Parse for RedactArg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (key, _) = fields::key(input)?;
        let redaction = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            Some(input.parse::<Word<Redaction>>()?.0)
        } else {
            None
        };
        Ok(Self { key, redaction })
    }
}

/// Arguments or a list of them: what a function says replaces what its block said.
impl args::Value for Switch<Name> {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        Self::parse_form(key, input)
    }
}

/// A form: one word.
impl args::Value for Switch<Word<Shown>> {
    fn parse(key: &Ident, input: ParseStream<'_>) -> syn::Result<Self> {
        let form = Self::parse_form(key, input)?;
        match &form {
            Self::Of(words) if words.len() != 1 => Err(crate::errors::at(
                key,
                format!("`{key}` takes one form; write `{key}(Debug)` or `{key}(Display)`"),
            )),
            _ => Ok(form),
        }
    }
}

impl Traced {
    /// The groups that were given.
    fn groups(&self) -> impl Iterator<Item = &Given<Group>> {
        let groups = [&self.db, &self.genai, &self.messaging, &self.rpc, &self.vector_search];
        groups.into_iter().flatten()
    }

    fn take_groups(&mut self) -> impl Iterator<Item = Given<Group>> {
        let groups = [
            &mut self.db,
            &mut self.genai,
            &mut self.messaging,
            &mut self.rpc,
            &mut self.vector_search,
        ];
        groups.map(Option::take).into_iter().flatten()
    }
}

impl Attribute for Traced {
    fn validate(&self, errors: &mut Errors) {
        if let (Some(parent), Some(_)) = (&self.parent, &self.root) {
            errors.at(&parent.key, "`parent` and `root` exclude each other; keep one");
        }
        let mut given = self.groups();
        if let Some(first) = given.next() {
            for other in given {
                let (first, other) = (first.value.table.name, &other.key);
                let message = format!("a span follows one convention: `{first}` or `{other}`");
                errors.at(other, message);
            }
        }
    }

    fn check_block(&self, errors: &mut Errors) {
        for key in [self.name.as_ref().map(|name| &name.key), self.future.as_ref().map(|f| &f.key)]
            .into_iter()
            .flatten()
        {
            errors.at(key, format!("`{key}` concerns one function; write it on that function"));
        }
    }

    fn merge(self, mut outer: Self) -> Self {
        if self.root.is_some() || self.parent.is_some() {
            outer.root = None;
            outer.parent = None;
        }
        if self.args.is_some() {
            outer.skip_all = None;
        }
        if self.groups().next().is_some_and(|own| {
            outer.groups().any(|outer| outer.value.table.name != own.value.table.name)
        }) {
            outer.take_groups().for_each(drop);
        }
        // A block's `skip` without a list concerns functions that say nothing themselves.
        outer.skip = outer.skip.filter(|skip| !matches!(skip.value, Switch::On));
        self.over(outer)
    }

    fn is_skipped(&self) -> bool {
        matches!(self.skip, Some(Given { value: Switch::On, .. }))
    }

    fn check(&self, function: &Function, draft: &Draft, errors: &mut Errors) {
        captures::check(self, function, errors);
        for group in self.groups() {
            groups::check(group, captures::list(self.fields.as_ref()), draft, errors);
        }
        if matches!(draft.shape, Shape::Guard) {
            let asked = self.groups().flat_map(|group| groups::asked(&group.value));
            let keys = [
                self.ret.as_ref().map(|given| &given.key),
                self.err.as_ref().map(|given| &given.key),
                self.error_if.as_ref().map(|given| &given.key),
            ];
            check_guard(keys.into_iter().flatten().chain(asked), function, errors);
        }
    }

    fn plan(mut self, function: &Function, draft: &mut Draft, errors: &mut Errors) {
        draft.takes_fields = true;
        draft.call.has_span = true;
        let mut captures = captures::collect(&self, function);
        let name = self.name.as_ref().map(|Given { value: Assign(name), .. }| name.clone());
        let name = name.and_then(|name| errors.ok(site::Name::new(name, &function.params)));
        draft.call.name = name.clone().and_then(site::Name::into_dynamic);
        let group = self.take_groups().next();
        let mut site = TracedSite {
            kind: self.kind.map(|kind| kind.value.0.0),
            level: self.level.map(|level| Verbosity::Word(level.value.0.0)),
            target: self.target.map(|target| target.value.0),
            name,
            ..TracedSite::default()
        };
        if let Some(group) = group {
            groups::plan(group, &mut site, &mut captures, draft, errors);
        }
        site.fields = captures.iter().map(captures::Capture::field).collect();
        draft.site.push(expand::site::traced(&expand::private(&draft.krate), &site));
        let call = &mut draft.call;
        call.captures = captures;
        call.origin = match (self.parent, self.root) {
            (Some(parent), _) => Some(Origin::Parent(parent.value.0)),
            (None, Some(_)) => Some(Origin::Root),
            (None, None) => None,
        };
        call.links.extend(self.links.map(|links| links.value.0));
        call.links.extend(self.follows_from.map(|links| links.value.0));
        call.error_if = self.error_if.map(|judge| judge.value.0);
        call.err = match self.err {
            Some(Given { value: Switch::Of(words), .. }) => words.first().map(|word| word.0),
            _ => None,
        };
        call.ret = match self.ret {
            Some(Given { value: Switch::On, .. }) => Some("auto"),
            Some(Given { value: Switch::Of(words), .. }) => {
                match words.first().map(|word| word.0) {
                    Some(Shown::Debug) => Some("debug"),
                    Some(Shown::Display) => Some("display"),
                    Some(Shown::None) | None => None,
                }
            }
            None => None,
        };
    }
}
