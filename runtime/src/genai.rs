//! What an operation of a model says about itself, for its span and for metrics at once.
//!
//! Within a function under `#[traced(genai(…))]`, what is said here becomes an attribute of the span
//! and a value of the conventions' metrics, with the operation, provider and model of the function
//! as labels. The metrics are exact whether or not the span is recorded.
//!
//! ```
//! use spandrel::{genai, traced};
//!
//! #[traced(genai(provider = openai, operation = chat, model = "large"))]
//! async fn answer(question: &str) -> String {
//!     // … the request …
//!     genai::response_model("large-2026-01");
//!     genai::first_chunk();
//!     genai::usage(12, 340);
//!     question.to_uppercase()
//! }
//! # drop(answer(""));
//! ```
//!
//! | said | attribute | metric |
//! |---|---|---|
//! | [`usage`] | `gen_ai.usage.input_tokens`, `gen_ai.usage.output_tokens` | `gen_ai.client.token.usage` |
//! | [`first_chunk`], or the first item of a stream | `gen_ai.response.time_to_first_chunk` | `gen_ai.client.operation.time_to_first_chunk` |
//! | [`response_model`] | `gen_ai.response.model` | a label of the others |
//! | [`tool`] | a span `execute_tool …` | `gen_ai.execute_tool.duration` |
//! | the function's end | | `gen_ai.client.operation.duration` |
//!
//! The attributes of usage and model may also be set by [`Span::set`](crate::Span::set): they are
//! noticed. A total that runs, set with each chunk, is measured once, as it is when the function ends.
//! What is said on a thread or task that the function spawned is not.

use std::{thread, time::Duration};

use crate::{
    operation,
    outcome::Outcome,
    time,
    trace::{
        SpanHandle, Status,
        local::{Local, RECORDING},
        span::{Span, say},
    },
    value::Attribute,
};

/// Says how many tokens the current operation has used; said once for each answer.
///
/// ```
/// spandrel::genai::usage(12, 340);
/// ```
pub fn usage(input_tokens: u64, output_tokens: u64) {
    for (key, kind, tokens) in [
        ("gen_ai.usage.input_tokens", "input", input_tokens),
        ("gen_ai.usage.output_tokens", "output", output_tokens),
    ] {
        attribute(key, &tokens);
        operation::say_usage(tokens, kind);
    }
}

/// Says that the answer has begun to come; what is said after the first time changes nothing.
///
/// ```
/// spandrel::genai::first_chunk();
/// ```
pub fn first_chunk() {
    if let Some(after) = operation::say_chunk() {
        attribute("gen_ai.response.time_to_first_chunk", &after.as_secs_f64());
    }
}

/// Says which model answers.
///
/// ```
/// spandrel::genai::response_model("large-2026-01");
/// ```
pub fn response_model(model: &str) {
    attribute("gen_ai.response.model", &model);
    operation::say_model(model);
}

/// Begins the execution of a tool; it ends with what is returned.
///
/// It went well if that is [ended](Tool::end), failed if it [says so](Tool::fail) or is dropped by a
/// panic, and was cancelled if it is dropped otherwise, as by `?` or with a future.
///
/// ```
/// use spandrel::genai;
///
/// let tool = genai::tool("weather");
/// let answer = tool.in_scope(|| "sunny");
/// tool.end();
/// # assert_eq!(answer, "sunny");
/// ```
pub fn tool(name: &str) -> Tool {
    let span = Span::start(&format!("execute_tool {name}"));
    span.set("gen_ai.operation.name", "execute_tool");
    span.set("gen_ai.tool.name", name);
    let start = time::ticks();
    Tool { name: name.to_owned(), span: Some(span), start, error_type: None, went_well: false }
}

/// A tool that is being executed; made by [`tool`].
#[derive(Debug)]
#[must_use = "dropped without `end` or `fail`, it was cancelled"]
pub struct Tool {
    name: String,
    span: Option<SpanHandle>,
    start: u64,
    error_type: Option<String>,
    went_well: bool,
}

impl Tool {
    /// Runs something as a part of the execution.
    ///
    /// ```
    /// let tool = spandrel::genai::tool("weather");
    /// assert_eq!(tool.in_scope(|| 7), 7);
    /// ```
    pub fn in_scope<R>(&self, run: impl FnOnce() -> R) -> R {
        match &self.span {
            Some(span) => span.in_scope(run),
            None => run(),
        }
    }

    /// Ends the execution, which went well.
    ///
    /// ```
    /// spandrel::genai::tool("weather").end();
    /// ```
    pub fn end(mut self) {
        self.went_well = true;
    }

    /// Ends the execution, which failed with an error of this type.
    ///
    /// ```
    /// spandrel::genai::tool("weather").fail("timeout");
    /// ```
    pub fn fail(mut self, error_type: &str) {
        if let Some(span) = &self.span {
            span.set("error.type", error_type);
            span.set_status(Status::Error { description: "" });
        }
        self.error_type = Some(error_type.to_owned());
    }
}

impl Drop for Tool {
    fn drop(&mut self) {
        let Some(span) = self.span.take() else { return };
        let outcome = match &self.error_type {
            Some(_) => Outcome::Error,
            None if self.went_well => Outcome::Ok,
            None if thread::panicking() => Outcome::Panicked,
            None => Outcome::Cancelled,
        };
        let error_type = match outcome {
            Outcome::Ok => None,
            outcome => Some(self.error_type.as_deref().unwrap_or(outcome.as_str())),
        };
        let took = Duration::from_nanos(time::nanos_between(self.start, time::ticks()));
        span.in_scope(|| operation::tool_ended(&self.name, error_type, took));
        span.end_with(outcome);
    }
}

/// Sets an attribute of the current span, if it is recorded.
fn attribute(key: &str, value: &dyn Attribute) {
    if Local.flags() & RECORDING != 0 {
        say::attribute(Local.span(), key, value);
    }
}
