//! The kinds of numbers that are counted.

use std::time::Duration;

use super::data::Number as Value;
use crate::cell::Sum;

/// A number that a metric adds up or shows: `u64`, `i64` or `f64`.
///
/// ```
/// use spandrel::metrics::{Counter, Number};
///
/// fn add_twice<N: Number>(counter: &Counter<N>, by: N) {
///     counter.add(by);
///     counter.add(by);
/// }
/// ```
pub trait Number: sealed::Sealed {}

impl Number for u64 {}
impl Number for i64 {}
impl Number for f64 {}

pub(super) mod sealed {
    pub trait Sealed: Copy + PartialOrd + Default + Send + Sync + 'static {
        const KIND: Kind;
        fn bits(self) -> u64;
        fn from_bits(bits: u64) -> Self;
        fn plus(self, other: Self) -> Self;
        fn is_finite(self) -> bool;
        fn to_f64(self) -> f64;
    }

    pub enum Kind {
        U64,
        I64,
        F64,
    }

    macro_rules! whole {
        ($number:ty, $kind:ident) => {
            impl Sealed for $number {
                const KIND: Kind = Kind::$kind;

                #[inline(always)]
                fn bits(self) -> u64 {
                    self as u64
                }

                #[inline(always)]
                fn from_bits(bits: u64) -> Self {
                    bits as Self
                }

                #[inline(always)]
                fn plus(self, other: Self) -> Self {
                    self.saturating_add(other)
                }

                #[inline(always)]
                fn is_finite(self) -> bool {
                    true
                }

                fn to_f64(self) -> f64 {
                    self as f64
                }
            }
        };
    }

    whole!(u64, U64);
    whole!(i64, I64);

    impl Sealed for f64 {
        const KIND: Kind = Kind::F64;

        #[inline(always)]
        fn bits(self) -> u64 {
            self.to_bits()
        }

        #[inline(always)]
        fn from_bits(bits: u64) -> Self {
            Self::from_bits(bits)
        }

        #[inline(always)]
        fn plus(self, other: Self) -> Self {
            self + other
        }

        #[inline(always)]
        fn is_finite(self) -> bool {
            Self::is_finite(self)
        }

        fn to_f64(self) -> f64 {
            self
        }
    }
}

/// As it stands in the data model.
pub(super) fn value<T: Number>(number: T) -> Value {
    match T::KIND {
        sealed::Kind::U64 => Value::U64(number.bits()),
        sealed::Kind::I64 => Value::I64(number.bits() as i64),
        sealed::Kind::F64 => Value::F64(f64::from_bits(number.bits())),
    }
}

#[inline(always)]
pub(super) fn add<T: Number>(number: T, to: &Sum) {
    match T::KIND {
        sealed::Kind::F64 => to.add_f64(f64::from_bits(number.bits())),
        sealed::Kind::U64 | sealed::Kind::I64 => to.add(number.bits()),
    }
}

pub(super) fn total<T: Number>(of: &Sum) -> T {
    T::from_bits(match T::KIND {
        sealed::Kind::F64 => of.total_f64().to_bits(),
        sealed::Kind::U64 | sealed::Kind::I64 => of.total(),
    })
}

/// The sum of two numbers of one kind; of two kinds the first.
pub(super) fn plus(one: Value, other: Value) -> Value {
    match (one, other) {
        (Value::U64(one), Value::U64(other)) => Value::U64(one.saturating_add(other)),
        (Value::I64(one), Value::I64(other)) => Value::I64(one.saturating_add(other)),
        (Value::F64(one), Value::F64(other)) => Value::F64(one + other),
        _ => one,
    }
}

/// What is measured: any number, or a duration in seconds.
///
/// ```
/// use std::time::Duration;
///
/// use spandrel::metrics::Histogram;
///
/// static WAIT: Histogram = Histogram::new("checkout.wait", "Waiting for a till").unit("s");
///
/// WAIT.record(Duration::from_millis(250));
/// WAIT.record(0.5);
/// WAIT.record(2);
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not what this metric measures",
    note = "numbers are, and `Duration`s, which become seconds"
)]
pub trait Amount<T = f64> {
    /// Returns the number.
    fn amount(self) -> T;
}

macro_rules! amounts {
    ($($into:ty: $($from:ty),*;)*) => {$($(
        impl Amount<$into> for $from {
            #[inline(always)]
            fn amount(self) -> $into {
                self as $into
            }
        }
    )*)*};
}

amounts! {
    f64: f64, f32, u8, u16, u32, u64, usize, i8, i16, i32, i64, isize;
    i64: u8, u16, u32, i8, i16, i32, i64, isize;
    u64: u8, u16, u32, u64, usize;
}

impl Amount<f64> for Duration {
    #[inline(always)]
    fn amount(self) -> f64 {
        self.as_secs_f64()
    }
}
