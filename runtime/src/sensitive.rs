//! Values that show themselves to nobody by accident.

use std::fmt;

use crate::{
    conceal::{Hashed, Length, Masked},
    redact::REDACTED,
    trace::Slot,
    value::Attribute,
};

/// A value that is never printed, logged or recorded in clear.
///
/// It prints as `[REDACTED]`, by `Debug` and by `Display`, also within whatever derives `Debug`, and
/// is recorded as that. Only [`expose`](Self::expose) gives it away, which a reader of the code sees.
///
/// ```
/// use spandrel::Sensitive;
///
/// #[derive(Debug)]
/// struct Login { user: &'static str, password: Sensitive<String> }
///
/// let login = Login { user: "ann", password: Sensitive::new("hunter2".to_owned()) };
/// assert_eq!(format!("{login:?}"), r#"Login { user: "ann", password: [REDACTED] }"#);
/// assert_eq!(login.password.expose(), "hunter2");
/// ```
///
/// There is no `Deref`: what is called on the value by chance must not find its way into a log.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sensitive<T: ?Sized>(T);

impl<T> Sensitive<T> {
    /// Hides a value.
    #[must_use]
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// Gives the value back.
    #[must_use]
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T: ?Sized> Sensitive<T> {
    /// Shows the value to code that must have it.
    #[must_use]
    pub const fn expose(&self) -> &T {
        &self.0
    }

    /// Shows the value to code that changes it.
    #[must_use]
    pub const fn expose_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: fmt::Display + ?Sized> Sensitive<T> {
    /// Prints and records a hash: equal values look equal within one run of the program.
    ///
    /// Its key is drawn once for each process, so likely values cannot be tried out against it.
    /// Programs with the same `SPANDREL_REDACT_HASH_KEY` print the same hashes.
    ///
    /// ```
    /// use spandrel::Sensitive;
    ///
    /// let [one, other] = ["ann@example.org", "ann@example.org"].map(Sensitive::new);
    /// assert_eq!(one.hashed().to_string(), other.hashed().to_string());
    /// ```
    pub fn hashed(&self) -> impl fmt::Display + Attribute + use<'_, T> {
        Hashed(&self.0)
    }

    /// Prints and records how many characters the value has.
    ///
    /// ```
    /// assert_eq!(spandrel::Sensitive::new("hunter2").length().to_string(), "7");
    /// ```
    pub fn length(&self) -> impl fmt::Display + Attribute + use<'_, T> {
        Length(&self.0)
    }

    /// Prints and records the last four characters of a value that has at least twelve.
    ///
    /// ```
    /// let card = spandrel::Sensitive::new("4111111111111111");
    /// assert_eq!(card.masked().to_string(), "****1111");
    /// ```
    pub fn masked(&self) -> impl fmt::Display + Attribute + use<'_, T> {
        Masked(&self.0)
    }
}

impl<T> From<T> for Sensitive<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: ?Sized> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T: ?Sized> fmt::Display for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<T: ?Sized> Attribute for Sensitive<T> {
    fn record(&self, slot: Slot<'_>) {
        slot.str(REDACTED);
    }
}

macro_rules! concealed {
    ($($form:ident),*) => {$(
        impl<T: fmt::Display + ?Sized> Attribute for $form<'_, T> {
            fn record(&self, slot: Slot<'_>) {
                slot.format(format_args!("{self}"));
            }
        }
    )*};
}

concealed!(Hashed, Length, Masked);
