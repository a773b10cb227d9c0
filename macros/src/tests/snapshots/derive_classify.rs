#[automatically_derived]
impl<S> ::spandrel::__private::resilience::Classify for PayError<S>
where
    S: ::spandrel::__private::resilience::Classify,
{
    fn classify(&self) -> ::spandrel::__private::resilience::Class {
        match self {
            Self::Broken { .. } => ::spandrel::__private::resilience::Class::Transient,
            Self::Declined { .. } => ::spandrel::__private::resilience::Class::Permanent,
            Self::Full { .. } => {
                ::spandrel::__private::resilience::Class::Throttled {
                    retry_after: ::core::option::Option::None,
                }
            }
            Self::Busy { after: __field, .. } => {
                ::spandrel::__private::resilience::Class::Throttled {
                    retry_after: ::core::convert::Into::into(
                        ::core::clone::Clone::clone(__field),
                    ),
                }
            }
            Self::Io { 0: __field, .. } => {
                <io::Error as ::spandrel::__private::resilience::Classify>::classify(
                    __field,
                )
            }
            Self::Other { source: __field, .. } => {
                <S as ::spandrel::__private::resilience::Classify>::classify(__field)
            }
        }
    }
}
