//! The context of a call: which span is current, and what travels with it.

use std::sync::Arc;

#[cfg(feature = "sentry")]
use super::failure::About;
use super::{
    correlation::CorrelationId,
    foreign::{self, Noted},
    id::{SpanId, TraceFlags, TraceId},
    local::{self, ACTIVE, EXTRA, Local, RECORDING, REMOTE, SHARED, W3C_SHIFT},
    mirror,
    propagation::{Baggage, Mark, RemoteContext, SamplingState, TraceState},
    request::Request,
    scope, threshold,
};
use crate::mirror::Reflections;

/// What rarely exists and travels with a trace.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extra {
    pub(crate) trace_state: TraceState,
    pub(crate) baggage: Baggage,
    /// What a caller said about sampling that its flags do not say. Only `Debug` means something
    /// once a sampler has decided: the others are about the parent, or about a trace to come.
    pub(crate) caller: Option<SamplingState>,
    /// What was current in other APIs when the current span began.
    pub(crate) noted: Noted,
    /// The counterparts of the current span in other APIs.
    pub(crate) mirror: Option<Reflections>,
    /// The request that is being answered.
    pub(crate) request: Option<Request>,
    /// Whom and what the work is about.
    #[cfg(feature = "sentry")]
    pub(crate) about: Option<Arc<About>>,
}

impl Extra {
    fn is_empty(&self) -> bool {
        #[cfg(feature = "sentry")]
        if self.about.is_some() {
            return false;
        }
        let Self { trace_state, baggage, caller, noted, mirror, request, .. } = self;
        let nothing_travels = trace_state.is_empty() && baggage.is_empty() && caller.is_none();
        nothing_travels && *noted == Noted::default() && mirror.is_none() && request.is_none()
    }
}

/// A captured context: hand it to another thread or task and attach it there.
///
/// ```
/// use spandrel::trace::Context;
///
/// let context = Context::current();
/// std::thread::spawn(move || {
///     let _attached = context.attach();
///     // Spans that begin here are children of the span that was current there.
/// })
/// .join()
/// .unwrap();
/// ```
#[derive(Clone, Debug, Default)]
pub struct Context {
    pub(crate) trace_high: u64,
    pub(crate) trace_low: u64,
    pub(crate) span: u64,
    /// See [`scope`].
    pub(crate) scope: u32,
    pub(crate) flags: u16,
    /// How far the carrier of the context is; stays with it, and stands here because here it costs
    /// no room.
    pub(crate) phase: Phase,
    pub(crate) extra: Option<Arc<Extra>>,
}

/// The life of a future that carries a context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Between two polls, or before the first.
    #[default]
    Waiting,
    /// In a poll, or left one by a panic.
    Polling,
    /// Being dropped.
    Dropping,
    /// Being dropped, its context being current.
    DroppingWithin,
    /// Ready.
    Done,
    /// Ready, and being dropped, its context being current.
    DoneWithin,
}

/// Keeps a context current; see [`Context::attach`].
#[derive(Debug)]
#[must_use = "the context is current only while this guard lives"]
pub struct Attached {
    previous: Context,
    _not_send: std::marker::PhantomData<*const ()>,
}

impl Context {
    /// Captures what is current on this thread.
    #[must_use]
    pub fn current() -> Self {
        // Whoever gets the copy may record about the span from another thread.
        let flags = Local.flags();
        if flags & RECORDING != 0 {
            Local.replace_flags(flags | SHARED);
        }
        foreign::parent()
    }

    /// Makes the context current on this thread until the guard is dropped.
    pub fn attach(&self) -> Attached {
        let mut previous = foreign::note(self.clone());
        previous.swap();
        Attached { previous, _not_send: std::marker::PhantomData }
    }

    /// The trace, if there is one.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        TraceId::from_u128(u128::from(self.trace_high) << 64 | u128::from(self.trace_low))
    }

    /// The current span, if there is one.
    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        SpanId::from_u64(self.span)
    }

    /// The span as an exemplar names it, if it is recorded because it was sampled.
    pub(crate) fn sampled(&self) -> Option<(u128, u64)> {
        let is_sampled = self.flags & RECORDING != 0 && self.trace_flags().is_sampled();
        is_sampled
            .then(|| (u128::from(self.trace_high) << 64 | u128::from(self.trace_low), self.span))
    }

    /// The trace flags.
    #[must_use]
    pub fn trace_flags(&self) -> TraceFlags {
        TraceFlags::from_bits((self.flags >> W3C_SHIFT) as u8).known()
    }

    /// What tracing systems, samplers among them, say about the trace in `tracestate`.
    ///
    /// ```
    /// use spandrel::{Span, testing, trace::sampler::Sampler};
    ///
    /// let capture = testing::builder().sampler(Sampler::ratio(1.0)?).capture();
    /// let state = capture.run(|| Span::start("work").context().trace_state());
    /// assert_eq!(state.as_str(), "ot=th:0");
    /// # Ok::<(), spandrel::trace::sampler::InvalidSampler>(())
    /// ```
    #[must_use]
    pub fn trace_state(&self) -> TraceState {
        self.trace_state_ref().cloned().unwrap_or_default()
    }

    pub(crate) fn trace_state_text(&self) -> &str {
        self.trace_state_ref().map_or("", TraceState::as_str)
    }

    /// What came with the trace, or else what a sampler of this process said about it.
    fn trace_state_ref(&self) -> Option<&TraceState> {
        let came = self.extra.as_deref().map(|extra| &extra.trace_state);
        came.filter(|state| !state.is_empty()).or_else(|| threshold::state_of(self.flags))
    }

    /// Whether the current span is in another process.
    #[must_use]
    pub fn is_remote(&self) -> bool {
        self.flags & REMOTE != 0
    }

    /// Whether spans that begin under this context are recorded.
    #[must_use]
    pub fn is_recording(&self) -> bool {
        self.flags & RECORDING != 0
    }

    /// Whether there is a span, here or in another process.
    #[must_use]
    pub fn is_active(&self) -> bool {
        self.flags & ACTIVE != 0
    }

    fn from_remote(remote: &RemoteContext) -> Self {
        let caller = remote.mark().map(|_| remote.sampling_state());
        let trace = remote.trace_id().to_u128();
        let context = Self {
            trace_high: (trace >> 64) as u64,
            trace_low: trace as u64,
            span: remote.span_id().to_u64(),
            scope: scope::of(Local.scope()),
            flags: ACTIVE | REMOTE | u16::from(remote.flags().known().bits()) << W3C_SHIFT,
            ..Self::default()
        };
        context.change_extra(|extra| {
            extra.trace_state = remote.trace_state().clone();
            extra.baggage = remote.baggage().clone();
            extra.caller = caller;
            extra.request = named_in(&extra.baggage);
        })
    }

    /// What an outgoing request carries; `None` if there is no trace.
    #[must_use]
    pub fn to_remote(&self) -> Option<RemoteContext> {
        Some(self.to_remote_without_baggage()?.with_baggage(self.baggage()))
    }

    /// The same for those whom baggage is none of their business.
    pub(crate) fn to_remote_without_baggage(&self) -> Option<RemoteContext> {
        let context = RemoteContext::new(self.trace_id()?, self.span_id()?, self.trace_flags())
            .with_trace_state(self.trace_state());
        let Some(extra) = &self.extra else { return Some(context) };
        let mark = match extra.caller {
            Some(SamplingState::Debug) => Some(Mark::Debug),
            Some(SamplingState::Defer) if self.is_remote() => Some(Mark::Deferred),
            _ => None,
        };
        Some(context.with_mark(mark))
    }

    /// What a caller without a span decided about the trace that begins here.
    pub(crate) fn asked(&self) -> Option<SamplingState> {
        if self.is_active() { None } else { self.extra.as_ref()?.caller }
    }

    /// The same context, whose next trace a caller without a span has said something about.
    pub(crate) fn asking(self, baggage: Baggage, asked: Option<SamplingState>) -> Self {
        if baggage.is_empty() && asked.is_none() {
            return self;
        }
        self.change_extra(|extra| {
            let request = named_in(&baggage);
            *extra = Extra { baggage, caller: asked, request, ..Extra::default() };
        })
    }

    /// The baggage that travels with the trace, or without one; the correlation id is part of it.
    #[must_use]
    pub fn baggage(&self) -> Baggage {
        let mut baggage = self.own_baggage();
        if let Some(id) = self.correlation_id_ref()
            && baggage.get(CorrelationId::KEY).as_deref() != Some(id)
        {
            // Where there is no room for it, it does not travel.
            let _ = baggage.insert(CorrelationId::KEY, id);
        }
        baggage
    }

    fn own_baggage(&self) -> Baggage {
        self.extra.as_ref().map(|extra| extra.baggage.clone()).unwrap_or_default()
    }

    /// What names the request that is being answered, across services.
    #[must_use]
    pub fn correlation_id(&self) -> Option<CorrelationId> {
        self.correlation_id_ref().cloned()
    }

    pub(crate) fn correlation_id_ref(&self) -> Option<&CorrelationId> {
        self.request()?.correlation_id.as_ref()
    }

    /// The same context, in which work is done for the request with this name.
    ///
    /// ```
    /// use spandrel::{CorrelationId, trace::Context};
    ///
    /// let context = Context::current().with_correlation_id(CorrelationId::new());
    /// assert_eq!(context.correlation_id().map(|id| id.len()), Some(36));
    /// ```
    #[must_use]
    pub fn with_correlation_id(self, id: CorrelationId) -> Self {
        let request =
            Request { correlation_id: Some(id), ..self.request().cloned().unwrap_or_default() };
        self.with_request(request)
    }

    /// The request that is being answered, if there is one.
    pub(crate) fn request(&self) -> Option<&Request> {
        self.extra.as_ref()?.request.as_ref()
    }

    /// The same context, in which a request is answered.
    pub(crate) fn with_request(self, request: Request) -> Self {
        self.change_extra(|extra| extra.request = Some(request))
    }

    /// Whom and what the work is about.
    #[cfg(feature = "sentry")]
    pub(crate) fn about(&self) -> Option<Arc<About>> {
        self.extra.as_ref()?.about.clone()
    }

    /// The same context, in which work is about them.
    #[cfg(feature = "sentry")]
    pub(crate) fn with_about(self, about: About) -> Self {
        self.change_extra(|extra| extra.about = Some(Arc::new(about)))
    }

    /// The same context with other baggage.
    ///
    /// ```
    /// use spandrel::trace::{Context, propagation::Baggage};
    ///
    /// let context = Context::current().with_baggage(Baggage::parse("tenant=acme"));
    /// let _attached = context.attach();
    /// assert_eq!(Context::current().baggage().get("tenant").as_deref(), Some("acme"));
    /// ```
    #[must_use]
    pub fn with_baggage(self, baggage: Baggage) -> Self {
        self.change_extra(|extra| extra.baggage = baggage)
    }

    /// The same context with something else that rarely exists.
    fn change_extra(mut self, change: impl FnOnce(&mut Extra)) -> Self {
        let extra = Arc::make_mut(self.extra.get_or_insert_default());
        change(extra);
        if extra.is_empty() {
            self.extra = None;
        }
        self.flags = self.flags & !EXTRA | if self.extra.is_some() { EXTRA } else { 0 };
        self
    }

    /// The same context with another `tracestate`.
    #[cfg(feature = "opentelemetry-0-33")]
    pub(crate) fn with_trace_state(self, trace_state: TraceState) -> Self {
        if trace_state.is_empty() {
            return self;
        }
        self.change_extra(|extra| extra.trace_state = trace_state)
    }

    /// What was current in other APIs when the current span began.
    pub(crate) fn noted(&self) -> Noted {
        self.extra.as_ref().map(|extra| extra.noted).unwrap_or_default()
    }

    /// The same context with another note.
    pub(crate) fn noting(self, noted: Noted) -> Self {
        self.change_extra(|extra| extra.noted = noted)
    }

    /// The same context, as it stands within another one of this thread: what only the other one
    /// knows stays.
    pub(crate) fn within(mut self, outer: &Self, noted: Noted) -> Self {
        if scope::root_of(self.scope) == 0 {
            self.scope = scope::of(outer.scope);
        }
        let mirror = outer.extra.as_ref().and_then(|extra| extra.mirror.clone());
        let request = outer.request().cloned();
        let baggage = outer.own_baggage();
        self.change_extra(|extra| {
            if request.is_some() {
                extra.request = request;
            }
            extra.noted = noted;
            extra.mirror = mirror;
            if extra.baggage.is_empty() {
                extra.baggage = baggage;
            }
        })
    }

    /// The same context, shown to other APIs as what is current now is.
    ///
    /// For a span of such an API, whose own current spans are its own business.
    #[cfg(feature = "tracing")]
    #[inline]
    pub(crate) fn shown_as_current(self) -> Self {
        if (self.flags | Local.flags()) & EXTRA == 0 { self } else { self.shown_as_mirrored() }
    }

    #[cfg(feature = "tracing")]
    #[cold]
    fn shown_as_mirrored(self) -> Self {
        let current = local::clone_extra();
        let mirror = current.as_deref().and_then(|extra| extra.mirror.as_ref());
        let own = self.extra.as_deref().and_then(|extra| extra.mirror.as_ref());
        let is_same = match (own, mirror) {
            (Some(own), Some(mirror)) => own.is_same(mirror),
            (own, mirror) => own.is_none() && mirror.is_none(),
        };
        if is_same {
            return self;
        }
        let mirror = mirror.cloned();
        self.change_extra(|extra| extra.mirror = mirror)
    }

    /// The same context, for what must not keep the counterparts of its span alive.
    #[cfg(feature = "tracing")]
    pub(crate) fn shown_to_nobody(self) -> Self {
        if self.extra.as_deref().is_none_or(|extra| extra.mirror.is_none()) {
            return self;
        }
        self.change_extra(|extra| extra.mirror = None)
    }

    /// Whether other APIs are shown the current span.
    #[cold]
    pub(super) fn is_shown(&self) -> bool {
        self.extra.as_ref().is_some_and(|extra| extra.mirror.is_some())
    }

    /// The same context, shown to other APIs by these counterparts.
    pub(crate) fn shown_by(self, mirror: Reflections) -> Self {
        self.change_extra(|extra| extra.mirror = Some(mirror))
    }

    /// The context as plain numbers; `None`: there is more to it.
    #[cfg(feature = "tracing")]
    #[inline]
    pub(crate) fn to_words(&self) -> Option<[u64; 4]> {
        let last = u64::from(self.scope) << 32 | u64::from(self.flags);
        self.extra.is_none().then_some([self.trace_high, self.trace_low, self.span, last])
    }

    /// What [`Context::to_words`] has made.
    #[cfg(feature = "tracing")]
    #[inline]
    pub(crate) fn from_words([trace_high, trace_low, span, last]: [u64; 4]) -> Self {
        let (scope, flags) = ((last >> 32) as u32, last as u16);
        Self { trace_high, trace_low, span, scope, flags, ..Self::default() }
    }

    /// Nothing that begins under it is recorded, and it belongs to no trace.
    pub(crate) fn unrecorded() -> Self {
        Self { flags: ACTIVE, ..Self::default() }
    }

    /// Nothing but a scope.
    pub(crate) fn of_scope(scope: u32) -> Self {
        Self { scope, ..Self::default() }
    }

    /// Nothing but the scope of this thread, and whether anything is recorded on it at all.
    pub(crate) fn of_current_scope() -> Self {
        // A span that asks for no parent is no way out of [`Context::unrecorded`].
        let flags = if Local.is_unsampled() && Local.trace_low() == 0 { ACTIVE } else { 0 };
        Self { scope: scope::of(Local.scope()), flags, ..Self::default() }
    }

    /// What is current, without intent to record from another thread.
    pub(crate) fn peek() -> Self {
        let flags = Local.flags();
        Self {
            trace_high: Local.trace_high(),
            trace_low: Local.trace_low(),
            span: Local.span(),
            flags,
            scope: Local.scope(),
            phase: Phase::Waiting,
            extra: if flags & EXTRA != 0 { local::clone_extra() } else { None },
        }
    }

    /// Exchanges this context with the thread's.
    #[inline(always)]
    pub(crate) fn swap(&mut self) {
        let (flags, own) = (Local.replace_flags(self.flags), self.flags);
        self.flags = flags;
        self.span = Local.replace_span(self.span);
        let same = self.trace_low == Local.trace_low()
            && self.trace_high == Local.trace_high()
            && self.scope == Local.scope();
        if !same {
            self.trace_low = Local.replace_trace_low(self.trace_low);
            self.trace_high = Local.replace_trace_high(self.trace_high);
            self.scope = Local.replace_scope(self.scope);
            Local.trace_changed();
        }
        if (flags | own) & EXTRA != 0 {
            self.swap_extra();
        }
    }

    /// Makes this context current, and returns what was.
    ///
    /// Unlike [`Context::swap`] it leaves a plain one in the processor's registers.
    #[cfg(feature = "tracing")]
    #[inline(always)]
    pub(crate) fn swapped(mut self) -> Self {
        if (self.flags | Local.flags()) & EXTRA != 0 {
            self.swap();
            return self;
        }
        let same = self.trace_low == Local.trace_low()
            && self.trace_high == Local.trace_high()
            && self.scope == Local.scope();
        if !same {
            Local.trace_changed();
        }
        Self {
            trace_high: Local.replace_trace_high(self.trace_high),
            trace_low: Local.replace_trace_low(self.trace_low),
            span: Local.replace_span(self.span),
            scope: Local.replace_scope(self.scope),
            flags: Local.replace_flags(self.flags),
            phase: Phase::Waiting,
            extra: None,
        }
    }

    #[inline(never)]
    fn swap_extra(&mut self) {
        let shown = local::swap_extra(&mut self.extra, |from, to| {
            if from.map(|extra| &extra.trace_state) != to.map(|extra| &extra.trace_state) {
                // The trace may be the same, but the drain is to learn of the state.
                Local.trace_changed();
            }
            let [from, to] = [from, to].map(|extra| extra.and_then(|extra| extra.mirror.as_ref()));
            // Copied for what follows: users' code may run there and change what is current.
            (from.is_some() || to.is_some()).then(|| to.cloned())
        });
        if let Some(shown) = shown {
            mirror::switch(shown.as_ref());
        }
    }
}

/// What baggage says about the request that it came with.
fn named_in(baggage: &Baggage) -> Option<Request> {
    if baggage.is_empty() {
        return None;
    }
    let correlation_id = Some(CorrelationId::parse(&baggage.get(CorrelationId::KEY)?)?);
    Some(Request { correlation_id, ..Request::default() })
}

/// The context that came with a request: its span is the parent of what begins under it.
///
/// ```
/// use spandrel::trace::{Context, propagation::{RemoteContext, TraceParent}};
///
/// let header = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// let context = Context::from(RemoteContext::from(TraceParent::parse(header)?));
/// assert!(context.is_remote());
/// # Ok::<(), spandrel::trace::propagation::Malformed>(())
/// ```
impl From<RemoteContext> for Context {
    fn from(remote: RemoteContext) -> Self {
        Self::from_remote(&remote)
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.previous.swap();
    }
}
