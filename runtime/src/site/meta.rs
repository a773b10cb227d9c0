//! Where a function stands and what it is called.
//!
//! The name of a method's type cannot be had in a constant: it is read, once, from the type name of
//! a function nested in the site (`shop::Orders::place::__SPANDREL::here`).

/// Identity of an instrumented function, as its site knows it.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    pub(super) name: &'static str,
    pub(super) module_path: &'static str,
    pub(super) file: &'static str,
    pub(super) line: u32,
    /// The type name of a function inside the site; none for a block.
    pub(super) path: Option<fn() -> &'static str>,
    pub(super) block: bool,
}

impl Meta {
    /// What `meta!` gathers of a function.
    #[must_use]
    pub const fn new(
        name: &'static str,
        module_path: &'static str,
        file: &'static str,
        line: u32,
        path: fn() -> &'static str,
    ) -> Self {
        Self { name, module_path, file, line, path: Some(path), block: false }
    }

    /// What is known of a block, or of a span that no macro wrote.
    #[must_use]
    pub const fn block(
        name: &'static str,
        module_path: &'static str,
        file: &'static str,
        line: u32,
    ) -> Self {
        Self { name, module_path, file, line, path: None, block: true }
    }

    /// `Type::method`, or the bare name; leaks one small string for each method of a program.
    pub(super) fn display_name(&self) -> &'static str {
        let Some(path) = self.path else { return self.name };
        match type_of_method(path(), self.module_path) {
            Some(owner) => Box::leak(format!("{owner}::{}", self.name).into_boxed_str()),
            None => self.name,
        }
    }
}

/// The type in front of a method in the path of something nested in it.
fn type_of_method<'p>(path: &'p str, module: &str) -> Option<&'p str> {
    let path = &path[..path.find("::__SPANDREL").unwrap_or(path.len())];
    let path = path.trim_end_matches("::{{closure}}");
    let (owner, _method) = split_last(path)?;
    if let Some(inner) = owner.strip_prefix('<') {
        // `<shop::Orders as shop::Store>::place`
        let implementor = inner.strip_suffix('>').unwrap_or(inner);
        return Some(last_segment(implementor.split(" as ").next()?));
    }
    if owner == module {
        return None;
    }
    let owner = last_segment(owner);
    owner.starts_with(char::is_uppercase).then_some(owner)
}

/// The last segment of a path, without its generic arguments.
fn last_segment(path: &str) -> &str {
    let path = &path[..path.find('<').unwrap_or(path.len())];
    let path = path.trim_end_matches("::");
    split_last(path).map_or(path, |(_, last)| last)
}

/// Splits at the last `::` that stands outside of `<…>`.
fn split_last(path: &str) -> Option<(&str, &str)> {
    let mut depth = 0_i32;
    for (at, byte) in path.bytes().enumerate().rev() {
        match byte {
            b'>' => depth += 1,
            b'<' => depth -= 1,
            b':' if depth == 0 && at > 0 => return Some((&path[..at - 1], &path[at + 1..])),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::type_of_method;

    #[test]
    fn the_type_of_a_method_is_read_from_the_path_of_its_site() {
        let cases = [
            ("shop::orders::Orders::place::__SPANDREL::here", Some("Orders")),
            ("shop::orders::Orders<T>::place::{{closure}}::__SPANDREL::here", Some("Orders")),
            ("<shop::Orders as shop::Store>::place::__SPANDREL::here", Some("Orders")),
            ("<shop::Cell<T> as shop::Store<a::B>>::place::__SPANDREL::here", Some("Cell")),
            ("<u32 as shop::orders::Store>::place::__SPANDREL::here", Some("u32")),
            ("shop::orders::place::__SPANDREL::here", None),
            ("shop::orders::place::{{closure}}::__SPANDREL::here", None),
            ("shop::orders::outer::inner::__SPANDREL::here", None),
            ("place", None),
        ];

        for (path, expected) in cases {
            assert_eq!(type_of_method(path, "shop::orders"), expected, "{path}");
        }
    }
}
