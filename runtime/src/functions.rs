//! What is annotated in this program: for listings, and as a manifest to be diffed in review.

mod families;
pub(crate) mod json;
mod source;
mod statistics;
mod suggest;
mod windows;

use std::fmt;

use crate::{
    metrics,
    outcome::Outcome,
    site::{self, Site},
};

pub use statistics::{Objective, Statistics};
pub use suggest::Suggestion;
pub use windows::Window;

/// Has the functions' calls exported with all other metrics, and kept for windows.
pub(crate) fn register() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        metrics::register(&source::FunctionMetrics);
        metrics::windows::register(&windows::WINDOWS);
    });
}

/// Lists every annotated function of the program, called or not.
///
/// Sorted by file and line. Where the linker has no sections of one's own (anything but Linux,
/// Android and FreeBSD), functions appear after their first call.
///
/// ```
/// #[spandrel::traced]
/// fn count_stock() {}
///
/// let functions = spandrel::functions();
/// let found = functions.iter().find(|function| function.name() == "count_stock").unwrap();
/// assert!(found.policies().eq(["traced"]));
/// assert!(functions.to_json().contains(r#""name":"count_stock""#));
/// # count_stock();
/// ```
#[must_use]
pub fn functions() -> Functions {
    let mut sites = site::all();
    sites.retain(|site| !site.is_block());
    sites.sort_by_key(|site| (site.file(), site.line(), site.name()));
    Functions(sites)
}

/// Tells what protects the functions of this name, as [`Function::explain`] does.
///
/// By name or by path; `None`: no annotated function is called that.
///
/// ```
/// use spandrel::{Rejected, retry};
///
/// #[retry(max_attempts = 4)]
/// fn look_up() -> Result<u32, Rejected> {
///     Ok(42)
/// }
///
/// look_up()?;
/// let explained = spandrel::explain("look_up").unwrap();
/// assert!(explained.contains("max_attempts = 4"), "{explained}");
/// # Ok::<_, Rejected>(())
/// ```
#[must_use]
pub fn explain(function: &str) -> Option<String> {
    let is_it = |known: &Function| {
        let path = || format!("{}::{}", known.module_path(), known.name());
        known.name() == function || path() == function
    };
    let found: Vec<_> =
        functions().iter().filter(is_it).map(|function| function.explain()).collect();
    (!found.is_empty()).then(|| found.join("\n"))
}

/// The annotated functions of the program; made by [`functions`].
#[derive(Clone)]
pub struct Functions(Vec<&'static Site>);

/// One annotated function.
#[derive(Clone, Copy)]
pub struct Function(&'static Site);

impl Functions {
    /// The functions, by file and line.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Function> + '_ {
        self.0.iter().map(|site| Function(site))
    }

    /// How many functions are annotated.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What protects each function that has policies, as [`Function::explain`] tells it.
    #[must_use]
    pub fn explain(&self) -> String {
        let guarded = self.iter().filter(|function| function.0.is_protected());
        guarded.map(|function| function.explain()).collect::<Vec<_>>().join("\n")
    }

    /// The manifest: a JSON array with one line for each function.
    #[must_use]
    pub fn to_json(&self) -> String {
        json::list(self, |_, _| {})
    }

    /// The manifest with what is known about the calls of each function, and about its windows.
    ///
    /// Durations are in seconds. It is what the admin server shows as `/functions`.
    ///
    /// ```
    /// #[spandrel::timed]
    /// fn charge() {}
    ///
    /// charge();
    /// let json = spandrel::functions().to_live_json();
    /// assert!(json.contains(r#""calls":{"ok":1"#), "{json}");
    /// ```
    #[must_use]
    pub fn to_live_json(&self) -> String {
        json::list(self, json::live)
    }
}

impl Function {
    /// The function, or `Type::method`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// The module the function stands in.
    #[must_use]
    pub fn module_path(&self) -> &'static str {
        self.0.module_path()
    }

    /// The source file, as the compiler names it.
    #[must_use]
    pub fn file(&self) -> &'static str {
        self.0.file()
    }

    /// The line of the function's name.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.0.line()
    }

    /// The names of the attributes in force, outermost first.
    pub fn policies(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.0.policies()
    }

    /// The pipeline of a call as text, outermost first, with the numbers that hold now.
    ///
    /// A line for the function and one for each attribute in force. Numbers that configuration or
    /// the program changed since are those that it changed them to.
    #[must_use]
    pub fn explain(&self) -> String {
        let (module, name) = (self.module_path(), self.name());
        let mut text = format!("{module}::{name} ({}:{})\n", self.file(), self.line());
        for (attribute, numbers) in self.0.explain() {
            let line = format!("  {attribute:<17}{numbers}");
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }

    /// The static that stands for the function.
    #[must_use]
    pub fn site(&self) -> &'static Site {
        self.0
    }

    /// How many calls ended so, if the function is `#[counted]` or `#[timed]`.
    #[must_use]
    pub fn calls(&self, outcome: Outcome) -> Option<u64> {
        self.0.calls().map(|reading| reading.ended(outcome))
    }

    /// What is known about its calls, if it is `#[counted]` or `#[timed]`.
    #[must_use]
    pub fn statistics(&self) -> Option<Statistics> {
        let (site, reading) = (self.0, self.0.calls()?);
        Some(Statistics::new(site.metered()?, site.has_clock(), reading))
    }

    /// What it did lately, the shortest window first; nothing in a program without `init!`.
    #[must_use]
    pub fn windows(&self) -> Vec<Window> {
        let statistics = self.statistics();
        statistics.map_or_else(Vec::new, |until_now| windows::WINDOWS.of(self.0, &until_now))
    }
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.name(), self.file(), self.line())
    }
}
