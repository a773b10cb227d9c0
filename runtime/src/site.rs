//! One static for each instrumented function: what the compiler knows about it, and its switches.
//!
//! The hot path reads one relaxed word of it: bit by bit what is on, and the index under which a
//! record names the site. A word that says [`UNKNOWN`] sends its first call to the cold path, which
//! registers the site and asks what is to be on. Everything else is constant.

mod field;
mod follows;
mod labels;
mod meta;
mod metered;
mod protection;
mod registry;

#[cfg(feature = "tracing")]
use std::any::Any;
use std::sync::{
    OnceLock,
    atomic::{AtomicBool, AtomicU32, Ordering::Relaxed},
};

use crate::{
    cell::CallsReading,
    mirror::{self, Reflection},
    redact,
    value::Value,
};

pub use field::{Field, Level, SpanKind, Traced, float, integer, text, truth};
pub use follows::{Convention, Follows};
pub(crate) use labels::{Label, OwnedLabel};
pub use meta::Meta;
pub(crate) use metered::Cell;
pub use metered::{Metered, nanos};
pub use protection::{Beside, Described, Explained, Protection};
#[cfg(feature = "tracing")]
pub(crate) use registry::watch_switches;
pub(crate) use registry::{
    all, hold_for_fork, list, look_elsewhere, mirror_all, registered, release_after_fork,
    set_switches,
};

/// The site's spans are on.
pub(crate) const TRACED: u32 = 1;
/// The site's calls are counted.
pub(crate) const COUNTED: u32 = 2;
/// The site's calls are counted and timed.
pub(crate) const TIMED: u32 = 4;
/// The site's calls are counted, with or without a clock.
pub(crate) const METERED: u32 = COUNTED | TIMED;
/// The site's spans are shown to other APIs.
pub(crate) const MIRRORED: u32 = 8;
/// Something about the site is on, or may be.
pub(crate) const ON: u32 = TRACED | METERED | MIRRORED;
/// Another API may have a span that is nearer than ours; set for all sites or for none.
pub(crate) const ELSEWHERE: u32 = 16;
/// What there is to do in a trace that is not recorded, too.
pub(crate) const EVEN_UNSAMPLED: u32 = METERED | MIRRORED | ELSEWHERE;
/// Calls are measured as a convention has it.
pub(crate) const MEASURED: u32 = 32;
/// Nothing is known yet: the first call registers the site.
///
/// All switches are on beside it, so that the one test of a call leads to where it is found out.
pub(crate) const UNKNOWN: u32 = 0x80;
const INDEX_SHIFT: u32 = 8;

/// The index in a site's word.
#[inline(always)]
pub(crate) const fn index(word: u32) -> u32 {
    word >> INDEX_SHIFT
}

/// One instrumented function.
#[derive(Debug)]
pub struct Site {
    word: AtomicU32,
    meta: Meta,
    traced: Option<Traced>,
    metered: Option<(u32, &'static Metered)>,
    policy: Option<&'static dyn Protection>,
    /// Policies that stand elsewhere.
    beside: &'static [Beside],
    /// Some field must not be shown; more may become so when the program starts.
    redacts: AtomicBool,
    reflection: Reflection,
    /// Of the library that it stands for, where one does.
    version: Option<&'static str>,
    /// Its own mirror knows that nobody looks into it.
    has_no_audience: AtomicBool,
    #[cfg(feature = "tracing")]
    reflections: OnceLock<&'static (dyn Any + Send + Sync)>,
    name: OnceLock<&'static str>,
}

impl Site {
    /// Begins the site of a function.
    #[must_use]
    pub const fn new(meta: Meta) -> Self {
        Self {
            word: AtomicU32::new(UNKNOWN | ON | MEASURED),
            meta,
            traced: None,
            metered: None,
            policy: None,
            beside: &[],
            redacts: AtomicBool::new(false),
            reflection: Reflection::WhenAsked,
            version: None,
            has_no_audience: AtomicBool::new(false),
            #[cfg(feature = "tracing")]
            reflections: OnceLock::new(),
            name: OnceLock::new(),
        }
    }

    /// The site of spans that no macro wrote.
    #[cfg(test)]
    pub(crate) const fn block(name: &'static str, module_path: &'static str) -> Self {
        Self::new(Meta::block(name, module_path, file!(), line!())).traced(Traced::new())
    }

    /// A site whose spans bring their names along.
    pub(crate) const fn dynamic(module_path: &'static str) -> Self {
        let meta = Meta::block("", module_path, file!(), line!());
        Self::new(meta).traced(Traced::new().dynamic_name(""))
    }

    /// With spans.
    #[must_use]
    pub const fn traced(mut self, traced: Traced) -> Self {
        self.redacts = AtomicBool::new(traced.redacts());
        self.traced = Some(traced);
        self
    }

    /// Shown to other APIs in this way.
    #[must_use]
    pub const fn reflected(mut self, reflection: Reflection) -> Self {
        self.reflection = reflection;
        self
    }

    /// With spans in place of those of another API, shown to it as if they were its own.
    #[must_use]
    pub const fn instrument(self, traced: Traced, reflection: Reflection) -> Self {
        self.traced(traced).reflected(reflection)
    }

    /// Of this version of the instrumentation scope.
    #[cfg(feature = "opentelemetry-0-33")]
    #[must_use]
    pub(crate) const fn of_version(mut self, version: Option<&'static str>) -> Self {
        self.version = version;
        self
    }

    /// The version of the instrumentation scope, where the site knows it.
    #[must_use]
    pub fn version(&self) -> Option<&'static str> {
        self.version
    }

    /// With counted calls.
    #[must_use]
    pub const fn counted(mut self, metered: &'static Metered) -> Self {
        self.metered = Some((COUNTED, metered));
        self
    }

    /// With calls that are counted and timed.
    #[must_use]
    pub const fn timed(mut self, metered: &'static Metered) -> Self {
        self.metered = Some((TIMED, metered));
        self
    }

    /// With policies around its calls that stand elsewhere: with an object, for a key, behind it.
    #[must_use]
    pub const fn beside(mut self, parts: &'static [Beside]) -> Self {
        self.beside = parts;
        self
    }

    /// With policies around its calls.
    #[must_use]
    pub const fn policy(mut self, policy: &'static dyn Protection) -> Self {
        self.policy = Some(policy);
        self
    }

    /// What its spans are called, unless one has a name of its own.
    #[must_use]
    pub fn span_name(&self) -> &'static str {
        match &self.traced {
            Some(Traced { name: Some(name), .. }) => name,
            _ => self.name(),
        }
    }

    /// The function, or `Type::method`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name.get_or_init(|| self.meta.display_name())
    }

    /// The instrumentation scope: the `target` option, else the module.
    #[must_use]
    pub fn target(&self) -> &'static str {
        self.traced.as_ref().and_then(|traced| traced.target).unwrap_or(self.meta.module_path)
    }

    /// What its spans stand for.
    #[must_use]
    pub fn kind(&self) -> SpanKind {
        self.traced.as_ref().map_or(SpanKind::Internal, |traced| traced.kind)
    }

    /// How verbose its spans are.
    #[must_use]
    pub fn level(&self) -> Level {
        self.traced.as_ref().map_or(Level::Info, |traced| traced.level)
    }

    /// The attribute keys its spans may carry.
    #[must_use]
    pub fn fields(&self) -> &'static [Field] {
        self.traced.as_ref().map_or(&[], |traced| traced.fields)
    }

    /// The attributes that are the same for all its spans.
    #[must_use]
    pub fn constants(&self) -> &'static [(&'static str, Value<'static>)] {
        self.traced.as_ref().map_or(&[], |traced| traced.constants)
    }

    /// What its calls are measured by, beside what their attributes ask for.
    #[inline(always)]
    pub(crate) fn follows(&self) -> Option<&Follows> {
        self.traced.as_ref()?.follows.as_ref()
    }

    /// The source file, as the compiler names it.
    #[must_use]
    pub fn file(&self) -> &'static str {
        self.meta.file
    }

    /// The line of the function's name.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.meta.line
    }

    /// The module the function stands in.
    #[must_use]
    pub fn module_path(&self) -> &'static str {
        self.meta.module_path
    }

    /// The names of the attributes in force, outermost first.
    pub fn policies(&self) -> impl Iterator<Item = &'static str> + use<> {
        let mut protecting = self.policy.map(Protection::names).unwrap_or_default();
        protecting.extend(self.beside.iter().map(|(name, _)| name));
        protection::sort(&mut protecting, |name| name);
        self.watching().chain(protecting)
    }

    /// A mechanism that stands beside its policy; inside, what has numbers.
    pub(crate) fn beside_by_name(&self, name: &str) -> Option<Option<&'static dyn Described>> {
        self.beside.iter().find(|(found, _)| *found == name).map(|(_, part)| *part)
    }

    /// Whether there are policies around its calls.
    pub(crate) fn is_protected(&self) -> bool {
        self.policy.is_some() || !self.beside.is_empty()
    }

    /// The same, those that protect it with their numbers, as they hold now.
    pub(crate) fn explain(&self) -> impl Iterator<Item = Explained> + use<> {
        let mut protecting = self.policy.map(Protection::explain).unwrap_or_default();
        protecting.extend(
            self.beside
                .iter()
                .map(|(name, part)| (*name, part.map(Described::described).unwrap_or_default())),
        );
        for (name, numbers) in &mut protecting {
            if self.policy.is_some_and(|policy| policy.is_off(name)) {
                let separator = if numbers.is_empty() { "" } else { "; " };
                numbers.extend([separator, "switched off"]);
            }
        }
        protection::sort(&mut protecting, |(name, _)| name);
        self.watching().map(|name| (name, String::new())).chain(protecting)
    }

    /// The names of the attributes that only watch.
    fn watching(&self) -> impl Iterator<Item = &'static str> + use<> {
        let traced = self.traced.is_some().then_some("traced");
        let metered = self.metered.map(|(switch, _)| match switch {
            TIMED => "timed",
            _ => "counted",
        });
        traced.into_iter().chain(metered)
    }

    /// The calls, if they are counted.
    #[inline(always)]
    pub(crate) fn metered(&self) -> Option<&'static Metered> {
        match self.metered {
            Some((_, metered)) => Some(metered),
            None => None,
        }
    }

    /// What is known about its calls, with whatever labels, if they are counted.
    pub(crate) fn calls(&self) -> Option<CallsReading> {
        let metered = self.metered()?;
        let mut calls = CallsReading::default();
        metered.each(|_, cell| calls.merge(&cell.calls.read()));
        Some(calls)
    }

    /// Whether calls are timed, where they are counted.
    pub(crate) fn has_clock(&self) -> bool {
        matches!(self.metered, Some((TIMED, _)))
    }

    /// Whether the site is a block (`span!`) and no function.
    pub(crate) fn is_block(&self) -> bool {
        self.meta.block
    }

    /// Whether single spans may have names of their own.
    pub(crate) fn has_dynamic_name(&self) -> bool {
        self.traced.as_ref().is_some_and(|traced| traced.dynamic_name)
    }

    pub(crate) fn field_table(&self) -> &'static [Field] {
        self.fields()
    }

    #[inline(always)]
    pub(crate) fn redacts(&self) -> bool {
        self.redacts.load(Relaxed)
    }

    /// Looks whether the program itself denies one of the fields.
    fn look_for_denied_fields(&self) {
        if self.fields().iter().any(|field| redact::is_denied_here(field.key())) {
            self.redacts.store(true, Relaxed);
        }
        if let Some(metered) = self.metered() {
            metered.look_for_denied_keys();
        }
    }

    /// Whom its spans are shown to.
    pub(crate) fn reflection(&self) -> Reflection {
        self.reflection
    }

    /// What the site could switch on.
    pub(crate) fn available(&self) -> u32 {
        (u32::from(self.traced.is_some()) * TRACED) | self.metered.map_or(0, |(switch, _)| switch)
    }

    /// Whether a call that begins now has a span, here or elsewhere.
    #[inline(always)]
    pub(crate) fn wants_span(&'static self) -> bool {
        let word = self.word();
        word & (TRACED | MIRRORED) != 0 && (word & MIRRORED == 0 || self.wants_shown_span())
    }

    #[cold]
    #[inline(never)]
    fn wants_shown_span(&'static self) -> bool {
        self.settle(self.word()) & TRACED != 0 || mirror::is_wanted(self)
    }

    /// Whether anybody may look into the site's own mirror.
    pub(crate) fn has_audience(&self) -> bool {
        !self.has_no_audience.load(Relaxed)
    }

    /// Says whether anybody looks into the site's own mirror, which then costs its calls nothing.
    #[cfg(feature = "tracing")]
    pub(crate) fn set_audience(&'static self, has_audience: bool) {
        self.has_no_audience.store(!has_audience, Relaxed);
        registry::refresh(self);
    }

    /// What a mirror keeps about the site.
    #[cfg(feature = "tracing")]
    pub(crate) fn reflections(&self) -> &OnceLock<&'static (dyn Any + Send + Sync)> {
        &self.reflections
    }

    /// The word of a site that may be called for the first time.
    #[inline(always)]
    pub(crate) fn settle(&'static self, word: u32) -> u32 {
        if word & UNKNOWN == 0 { word } else { self.first_call() }
    }

    #[cold]
    #[inline(never)]
    fn first_call(&'static self) -> u32 {
        registry::register(self);
        self.word()
    }

    /// Index and switches as they are: the one load of a call that is switched off.
    #[inline(always)]
    pub(crate) fn word(&self) -> u32 {
        self.word.load(Relaxed)
    }

    /// Registers the site, if that has not happened yet.
    pub(crate) fn make_known(&'static self) {
        self.settle(self.word());
    }

    /// Tells the policies whose they are.
    fn tell_protection(&'static self) {
        if let Some(policy) = self.policy {
            policy.belongs_to(self);
        }
    }

    fn set_word(&self, index: u32, switches: u32) {
        self.look_for_denied_fields();
        self.word.store(index << INDEX_SHIFT | switches, Relaxed);
    }
}
