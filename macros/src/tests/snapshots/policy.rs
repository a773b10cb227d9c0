static PROVIDER: Policy = ::spandrel::__private::resilience::Policy::new(
        ::core::concat!(::core::file!(), ":", ::core::line!()),
    )
    .timeout(
        ::spandrel::__private::resilience::Timeout::new(
                ::core::concat!(::core::file!(), ":", ::core::line!()),
            )
            .attempt(::core::time::Duration::from_nanos(2000000000))
            .total(::core::time::Duration::from_nanos(8000000000)),
    )
    .retry(
        ::spandrel::__private::resilience::Retry::new(
                ::core::concat!(::core::file!(), ":", ::core::line!()),
            )
            .max_attempts(4),
    );
