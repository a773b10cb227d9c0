//! Policies held by hand: what a `POST` to `/policies` asks for, and what becomes of it.

use super::{
    answer::{self, Answer, Status},
    state::State,
};
use crate::{
    diag,
    resilience::{Mode, Policies, PolicyStatus, policies},
};

/// Names are those of functions, files and hosts: longer ones are none.
const MOST_BYTES: usize = 512;

/// What can be done to a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Disable,
    Enable,
    ForceOpen,
    Observe,
    Reset,
}

const ACTIONS: [(&str, Action); 5] = [
    ("disable", Action::Disable),
    ("enable", Action::Enable),
    ("force_open", Action::ForceOpen),
    ("observe", Action::Observe),
    ("reset", Action::Reset),
];

/// What is asked for: what to do, and to which policies.
#[derive(Debug, PartialEq, Eq)]
struct Wanted {
    action: Action,
    name: String,
    kind: Option<String>,
    key: Option<String>,
}

/// Why nothing is done.
type Refusal = (Status, &'static str);

/// Does what the query asks for, and shows the policies that it was done to.
///
/// Whoever calls this has the token, if there is one.
pub(super) fn answer(query: &str, accept: &str, accept_encoding: &str, state: &State) -> Answer {
    if state.token.is_none() {
        let text = "policies are held by hand only where a token is asked for; set \
                    `SPANDREL_ADMIN_TOKEN`\n";
        return Answer::said(Status::Forbidden, text);
    }
    match Wanted::parse(query).and_then(|wanted| wanted.carry_out()) {
        Ok(changed) => {
            let (content_type, body) = answer::listed(&changed, accept);
            Answer::packed(content_type, body, accept_encoding)
        }
        Err((status, text)) => Answer::said(status, text),
    }
}

impl Wanted {
    /// Reads `name=payments&action=force_open`.
    fn parse(query: &str) -> Result<Self, Refusal> {
        let bad = |text| (Status::BadRequest, text);
        let [mut action, mut name, mut kind, mut key] = [const { None }; 4];
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (parameter, value) =
                pair.split_once('=').ok_or(bad("a parameter is a name and a value: `a=b`\n"))?;
            let place = match parameter {
                "action" => &mut action,
                "name" => &mut name,
                "kind" => &mut kind,
                "key" => &mut key,
                _ => return Err(bad("there are `action`, `name`, `kind` and `key`\n")),
            };
            let value = decoded(value).ok_or(bad(
                "a value is at most 512 bytes of UTF-8, where `%2F` stands for a slash\n",
            ))?;
            if place.replace(value).is_some() {
                return Err(bad("a parameter stands there twice\n"));
            }
        }
        let action = action.ok_or(bad("say what to do: `action=force_open`\n"))?;
        let known = ACTIONS.iter().find(|(name, _)| *name == action);
        let &(_, action) = known.ok_or(bad(
            "the actions are `force_open`, `disable`, `enable`, `observe` and `reset`\n",
        ))?;
        let name = name.ok_or(bad("say which policy: `name=payments`\n"))?;
        Ok(Self { action, name, kind, key })
    }

    fn is_of(&self, policy: &PolicyStatus) -> bool {
        policy.name() == self.name
            && self.kind.as_deref().is_none_or(|kind| kind == policy.kind().as_str())
            && self.key.as_deref().is_none_or(|key| policy.key() == Some(key))
    }

    fn carry_out(&self) -> Result<Policies, Refusal> {
        let found = policies().only(|policy| self.is_of(policy));
        let Some(first) = found.iter().next() else {
            let text = "there is no such policy; `GET /policies` lists those that were used\n";
            return Err((Status::NotFound, text));
        };
        if found.iter().any(|policy| policy.kind() != first.kind()) {
            let text = "policies of several kinds have this name; add `kind=`, as listed\n";
            return Err((Status::BadRequest, text));
        }
        for policy in found.iter() {
            self.action.carry_out(policy);
        }
        let Self { name, .. } = self;
        let (kind, action) = (first.kind().as_str(), self.action.as_str());
        diag::info(format_args!("by the admin server: {action} of the {kind} {name:?}"));
        Ok(found)
    }
}

impl Action {
    fn as_str(self) -> &'static str {
        let named = ACTIONS.iter().find(|(_, action)| *action == self);
        named.map_or("", |(name, _)| name)
    }

    fn carry_out(self, policy: &PolicyStatus) {
        match self {
            Self::Disable => policy.set_mode(Mode::Disabled),
            Self::Enable => policy.set_mode(policy.declared_mode()),
            Self::ForceOpen => policy.set_mode(Mode::ForcedOpen),
            Self::Observe => policy.set_mode(Mode::Observe),
            Self::Reset => policy.reset(),
        }
    }
}

/// A value without its escapes; `None`: it is none, or too long.
fn decoded(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len().min(MOST_BYTES));
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        if bytes.len() == MOST_BYTES {
            return None;
        }
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                let (high, low) = (digit()?, digit()?);
                (high * 16 + low) as u8
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_query_says_what_to_do_and_to_which() {
        let wanted = |name: &str, kind: Option<&str>, key: Option<&str>| Wanted {
            action: Action::ForceOpen,
            name: name.into(),
            kind: kind.map(Into::into),
            key: key.map(Into::into),
        };

        assert_eq!(Wanted::parse("name=pay&action=force_open"), Ok(wanted("pay", None, None)));
        assert_eq!(
            Wanted::parse("action=force_open&name=a%2fb%3A1+c&kind=bulkhead&key=%C3%A9&"),
            Ok(wanted("a/b:1 c", Some("bulkhead"), Some("é")))
        );
    }

    #[test]
    fn what_is_none_is_refused_and_said_how_it_is_done() {
        let long = format!("action=reset&name={}", "x".repeat(MOST_BYTES + 1));
        for (query, hint) in [
            ("", "say what to do"),
            ("action=reset", "say which policy"),
            ("name=a&action=explode", "the actions are"),
            ("name=a&action=reset&colour=red", "there are `action`"),
            ("name=a&name=b&action=reset", "twice"),
            ("name=a&action", "a name and a value"),
            ("name=%&action=reset", "UTF-8"),
            ("name=%g0&action=reset", "UTF-8"),
            ("name=%ff&action=reset", "UTF-8"),
            (&long, "512 bytes"),
        ] {
            let (status, text) = Wanted::parse(query).unwrap_err();
            assert_eq!(status, Status::BadRequest, "{query}");
            assert!(text.contains(hint), "{query}: {text}");
        }
    }

    proptest! {
        #[test]
        fn reading_survives_any_query(query in ".{0,80}") {
            let _ = Wanted::parse(&query);
        }
    }
}
