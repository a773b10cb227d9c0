//! What a group of options says about a span: its kind, its name and its attributes.

use proc_macro2::Span;
use syn::{Expr, Ident, Lit, LitStr};

use super::{
    CallName, Capture, Draft, NamePart, Shape,
    site::{Name, TracedSite},
};
use crate::{
    args::{Given, Kind, conventions::Takes, known::DATABASES},
    errors::Errors,
    parse::{
        fields::{FieldArg, Form, Key},
        groups::{Group, Member, MemberValue},
    },
};

/// An attribute that is the same for all spans of a site.
pub(crate) struct Constant {
    pub(crate) key: String,
    pub(crate) value: Lit,
}

/// The convention that calls are measured by.
pub(crate) struct Convention {
    /// As the runtime calls it.
    pub(crate) name: &'static str,
    /// How many of the constants are labels: the first ones.
    pub(crate) labels: usize,
}

/// A label that a call brings along.
pub(crate) struct Measured {
    pub(crate) key: LitStr,
    pub(crate) form: Form,
    pub(crate) value: Expr,
}

/// Reports what a function's own group cannot say there.
pub(crate) fn check(group: &Given<Group>, fields: &[FieldArg], draft: &Draft, errors: &mut Errors) {
    for field in fields {
        let key = field.key.value();
        if let Some(member) = group.value.members.iter().find(|member| member.entry.key == key) {
            let (table, option) = (group.value.table.name, &member.key);
            let message =
                format!("attribute `{key}` is what `{table}({option} = …)` gives; keep one");
            errors.at(&field.key, message);
        }
    }
    if matches!(draft.shape, Shape::Stream { .. }) {
        for key in asked(&group.value) {
            let message = format!("`{key}` is asked of what a function returns, not of a stream");
            errors.at(key, message);
        }
    }
}

/// The options that ask what the function returned.
pub(crate) fn asked(group: &Group) -> impl Iterator<Item = &Ident> {
    let asks = |member: &&Member| matches!(member.value, MemberValue::Returned(_));
    group.members.iter().filter(asks).map(|member| &member.key)
}

/// Adds what the group says; what the function says otherwise comes first.
pub(crate) fn plan(
    group: Given<Group>,
    site: &mut TracedSite,
    captures: &mut Vec<Capture>,
    draft: &mut Draft,
    errors: &mut Errors,
) {
    let Given { key, value: mut group } = group;
    for required in group.table.required {
        if group.get(required).is_none() {
            errors.at(&key, format!("`{key}` needs `{required}`; write `{key}({required} = …)`"));
        }
    }
    complete(&mut group, key.span(), errors);
    site.kind = site.kind.or_else(|| Some(kind(&group)));
    let mut known = Vec::new();
    let mut measured = Vec::new();
    // Labels come first among the constants.
    group.members.sort_by_key(|member| !member.entry.is_label);
    let mut labels = 0;
    for member in &group.members {
        if captures.iter().any(|capture| capture.is_called(member.entry.key)) {
            continue;
        }
        match &member.value {
            MemberValue::Constant(value) => {
                labels += usize::from(member.entry.is_label);
                let key = member.entry.key.to_owned();
                site.constants.push(Constant { key, value: value.clone() });
            }
            MemberValue::Captured(form, value) => {
                let form = match (member.entry.takes, form) {
                    (Takes::Statement, Form::Typed) => Form::Statement(database(&group)),
                    (_, form) => *form,
                };
                let key = LitStr::new(member.entry.key, member.key.span());
                if let Form::Statement(_) = form {
                    // A statement is no label, but what it does is one.
                    let key = LitStr::new("db.query.summary", member.key.span());
                    measured.push(Measured { key, form, value: value.clone() });
                }
                if member.entry.is_label {
                    let (key, value) = (key.clone(), value.clone());
                    measured.push(Measured { key, form, value });
                }
                known.push((member.entry.name, captures.len()));
                captures.push(Capture::of(Key::Text(key), form, value.clone()));
            }
            MemberValue::Returned(ask) => {
                let key = LitStr::new(member.entry.key, member.key.span());
                draft.call.asked.push((key, ask.clone()));
            }
        }
    }
    site.follows = Some(Convention { name: convention(group.table.name), labels });
    draft.call.measured = Some(measured);
    if site.name.is_none() {
        let index = |name: &str| known.iter().find(|(known, _)| *known == name).map(|(_, at)| *at);
        let (pattern, name) = name(&group, key.span(), &index);
        site.name = Some(pattern);
        draft.call.name = name;
    }
}

/// Adds what follows from what was said.
fn complete(group: &mut Group, span: Span, errors: &mut Errors) {
    let text = |text: &str| MemberValue::Constant(Lit::Str(LitStr::new(text, span)));
    let add = |group: &mut Group, name: &str, value: MemberValue| {
        if group.get(name).is_none()
            && let Some(entry) = group.table.entry(name)
        {
            group.members.push(Member { key: Ident::new(name, span), entry, value });
        }
    };
    match group.table.name {
        "messaging" => {
            if let Some(operation) = group.get("operation").map(|member| member.value.clone()) {
                add(group, "operation_name", operation);
            }
        }
        "rpc" => join_method(group, errors),
        "vector_search" => add(group, "operation", text("search")),
        _ => {}
    }
}

/// A method is recorded under its whole name: `package.Service/Method`.
fn join_method(group: &mut Group, errors: &mut Errors) {
    let Some(at) = group.members.iter().position(|member| member.entry.name == "service") else {
        return;
    };
    let service = group.members.remove(at);
    let text = service.constant_text().unwrap_or_default();
    let method = group.members.iter_mut().find(|member| member.entry.name == "method");
    match method.as_ref().and_then(|method| method.constant_text()).zip(method) {
        Some((name, method)) => {
            let whole = LitStr::new(&format!("{text}/{name}"), method.key.span());
            method.value = MemberValue::Constant(Lit::Str(whole));
        }
        None => errors.at(
            &service.key,
            "`service` stands in front of a `method` that is a text; write the whole name as \
             `method = …` where it is known at run time only",
        ),
    }
}

fn convention(table: &str) -> &'static str {
    match table {
        "genai" => "Genai",
        "messaging" => "Messaging",
        "rpc" => "Rpc",
        _ => "Db",
    }
}

fn kind(group: &Group) -> Kind {
    let operation = group.get("operation").and_then(Member::constant_text);
    match (group.table.name, operation.as_deref()) {
        ("genai", Some("execute_tool" | "invoke_workflow")) => Kind::Internal,
        ("messaging", Some("create" | "send")) => Kind::Producer,
        ("messaging", Some("process")) => Kind::Consumer,
        _ => Kind::Client,
    }
}

/// The name by the convention: of the site, and of each span if it is not the same for all.
fn name(
    group: &Group,
    span: Span,
    index: &dyn Fn(&str) -> Option<usize>,
) -> (Name, Option<CallName>) {
    if group.table.name == "db"
        && group.get("summary").is_none()
        && let Some(statement) = index("query")
    {
        return (Name::Pattern(LitStr::new("{query}", span)), Some(CallName::Statement(statement)));
    }
    let members: Vec<_> = words(group).into_iter().filter_map(|name| group.get(name)).collect();
    let parts: Vec<_> = members
        .iter()
        .filter_map(|member| match member.constant_text() {
            Some(text) => Some(NamePart::Text(text)),
            None => index(member.entry.name).map(NamePart::Captured),
        })
        .collect();
    let shown: Vec<_> = members
        .iter()
        .map(|member| {
            member.constant_text().unwrap_or_else(|| format!("{{{}}}", member.entry.name))
        })
        .collect();
    let pattern = LitStr::new(&shown.join(" "), span);
    if parts.iter().all(|part| matches!(part, NamePart::Text(_))) {
        return (Name::fixed(pattern), None);
    }
    (Name::Pattern(pattern), Some(CallName::Parts(parts)))
}

/// The database that the group names, if it is one that the conventions know.
fn database(group: &Group) -> &'static str {
    let name = group.get("system").and_then(Member::constant_text);
    DATABASES.words.iter().find(|word| Some(**word) == name.as_deref()).copied().unwrap_or_default()
}

/// The options that a span is named after.
fn words(group: &Group) -> Vec<&'static str> {
    let first =
        |names: &[&'static str]| names.iter().copied().find(|name| group.get(name).is_some());
    let operation = group.get("operation").and_then(Member::constant_text);
    let words = match group.table.name {
        "db" if group.get("summary").is_some() => vec![Some("summary")],
        "db" | "vector_search" => {
            let is_redis = group.get("system").and_then(Member::constant_text);
            let targets: &[_] = match is_redis.as_deref() {
                // The namespaces of redis are numbers, and say nothing in a name.
                Some("redis") => &["collection", "procedure", "server_address"],
                _ => &["collection", "procedure", "namespace", "server_address"],
            };
            vec![first(&["operation"]), first(targets)]
        }
        "genai" => {
            let target = match operation.as_deref() {
                Some("execute_tool") => "tool",
                Some("invoke_agent" | "create_agent") => "agent",
                Some("invoke_workflow") => "workflow",
                Some("retrieval") => "data_source",
                _ => "model",
            };
            vec![first(&["operation"]), first(&[target])]
        }
        "messaging" => vec![
            first(&["operation_name", "operation"]),
            first(&["template", "destination", "server_address"]),
        ],
        _ => vec![first(&["method"])],
    };
    let words: Vec<_> = words.into_iter().flatten().collect();
    if words.is_empty() { vec!["system"] } else { words }
}
