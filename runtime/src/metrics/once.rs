//! Metrics that are named where they are counted.

/// Counts one, or so many, under labels if there are any.
///
/// For what is counted in one place. A metric of this name and module that stands elsewhere is the
/// same one. The name has to be a literal: what differs from call to call is a label.
///
/// ```
/// use spandrel::counter;
///
/// let region = "eu";
/// counter!("orders.created");
/// counter!("orders.created", 3);
/// counter!("orders.created", 1, region, order.express = true);
/// ```
#[macro_export]
macro_rules! counter {
    ($name:literal $(,)?) => {
        $crate::counter!($name, 1)
    };
    ($name:literal, $by:expr $(, $($labels:tt)*)?) => {{
        static METRIC: $crate::metrics::Counter =
            $crate::metrics::Counter::new($name, "").scope(::core::module_path!());
        METRIC.with($crate::__labels!($($($labels)*)?)).add($by);
    }};
}

/// Sets a gauge, under labels if there are any.
///
/// ```
/// use spandrel::gauge;
///
/// let jobs = ["a", "b"];
/// gauge!("queue.depth", jobs.len());
/// gauge!("queue.depth", 0, queue = "mail");
/// ```
#[macro_export]
macro_rules! gauge {
    ($name:literal, $value:expr $(, $($labels:tt)*)?) => {{
        static METRIC: $crate::metrics::Gauge =
            $crate::metrics::Gauge::new($name, "").scope(::core::module_path!());
        METRIC.with($crate::__labels!($($($labels)*)?)).set($value);
    }};
}

/// Records a value in a histogram, under labels if there are any.
///
/// ```
/// use std::time::Duration;
///
/// use spandrel::histogram;
///
/// histogram!("upload.size", 1_234);
/// histogram!("checkout.wait", Duration::from_millis(250), till = 3);
/// ```
#[macro_export]
macro_rules! histogram {
    ($name:literal, $value:expr $(, $($labels:tt)*)?) => {{
        static METRIC: $crate::metrics::Histogram =
            $crate::metrics::Histogram::new($name, "").scope(::core::module_path!());
        METRIC.with($crate::__labels!($($($labels)*)?)).record($value);
    }};
}

/// Labels as `key = value`, `dotted.key = value`, `"any key" = value` or a variable of that name.
#[doc(hidden)]
#[macro_export]
macro_rules! __labels {
    ($(,)?) => { &() };
    ($($labels:tt)+) => { &$crate::__label!($($labels)+) };
}

/// One label and the rest, as a pair.
#[doc(hidden)]
#[macro_export]
macro_rules! __label {
    ($(,)?) => { () };
    ($key:literal = $value:expr $(, $($rest:tt)*)?) => {
        (($key, $value), $crate::__label!($($($rest)*)?))
    };
    ($first:ident $(. $more:ident)* = $value:expr $(, $($rest:tt)*)?) => {
        (
            (::core::concat!(::core::stringify!($first) $(, ".", ::core::stringify!($more))*), $value),
            $crate::__label!($($($rest)*)?),
        )
    };
    ($key:ident $(, $($rest:tt)*)?) => {
        ((::core::stringify!($key), &$key), $crate::__label!($($($rest)*)?))
    };
}
