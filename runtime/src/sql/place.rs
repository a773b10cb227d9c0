//! Where in a statement a token stands, as far as that decides what its words mean.

/// What was in front of a token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'s> {
    /// The token before, without space and comments.
    before: &'s str,
    depth: u32,
    /// How deep a query has begun, bit by bit: within the parentheses of a call there is none.
    queries: u64,
    takes_name: bool,
}

impl Default for Place<'_> {
    fn default() -> Self {
        Self { before: "", depth: 0, queries: 1, takes_name: false }
    }
}

impl<'s> Place<'s> {
    /// Goes on behind a token.
    pub(super) fn pass(&mut self, token: &'s str) {
        const NAMES_FOLLOW: [&str; 5] = ["from", "join", "into", "update", "table"];
        self.takes_name =
            token == "." || is(token, &NAMES_FOLLOW) && self.means_what_it_says(token);
        match token {
            "(" => {
                self.depth = self.depth.saturating_add(1);
                self.queries &= !self.level();
            }
            ")" => self.depth = self.depth.saturating_sub(1),
            ";" => *self = Self::default(),
            _ if is(token, &["select", "delete"]) => self.queries |= self.level(),
            _ => {}
        }
        self.before = token;
    }

    /// Whether nothing but a name can come next.
    pub(super) fn takes_name(&self) -> bool {
        self.takes_name
    }

    /// Whether a word is the keyword that it looks like: `FOR UPDATE` updates nothing, and
    /// `EXTRACT(year FROM day)` reads from nothing.
    pub(super) fn means_what_it_says(&self, word: &str) -> bool {
        if is(word, &["from", "using"]) {
            return self.queries & self.level() != 0 && !is(self.before, &["distinct"]);
        }
        !is(word, &["update", "delete"]) || !is(self.before, &["for", "on", "do", "key"])
    }

    fn level(&self) -> u64 {
        1_u64.checked_shl(self.depth).unwrap_or_default()
    }
}

/// Whether a word is one of them, in any case.
pub(super) fn is(word: &str, words: &[&str]) -> bool {
    words.iter().any(|other| word.eq_ignore_ascii_case(other))
}
