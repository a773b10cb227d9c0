async fn charge(id: u64) -> Result<u64, Error> {
    let (__site, __policy) = {
        #[traced(__witness)]
        const _: () = ::core::compile_error!(
            "`#[traced]` was taken for the one of spandrel, and it is not: import it (`use spandrel::traced;`), or write another crate's attribute under its path"
        );
        #[timed(__witness)]
        const _: () = ::core::compile_error!(
            "`#[timed]` was taken for the one of spandrel, and it is not: import it (`use spandrel::timed;`), or write another crate's attribute under its path"
        );
        #[circuit_breaker(__witness)]
        const _: () = ::core::compile_error!(
            "`#[circuit_breaker]` was taken for the one of spandrel, and it is not: import it (`use spandrel::circuit_breaker;`), or write another crate's attribute under its path"
        );
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
                "",
            )
            .retry(::spandrel::__private::resilience::Retry::new("").max_attempts(4))
            .circuit_breaker(
                ::spandrel::__private::resilience::CircuitBreaker::new("")
                    .failure_rate(0.5),
            );
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .traced(::spandrel::__private::Traced::new())
            .timed(
                ::spandrel::__private::metered!(
                    ::spandrel::__private::Metered::new(& [])
                ),
            )
            .policy(&__POLICY);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY)
    };
    ::spandrel::__private::AsyncCall::start(__site, |__fields| __fields.none())
        .metered(__site)
        .run(
            async move {
                let mut __run = ::spandrel::__private::begin!(
                    Run Only, __site, __policy, RETRY, CIRCUIT_BREAKER
                );
                let __value = loop {
                    let __ended = __run
                        .attempt(async {
                            if false {
                                return ::spandrel::__private::output::<
                                    Result<u64, Error>,
                                >();
                            }
                            { call(id).await }
                        })
                        .await;
                    ::spandrel::__private::resilience::settle!(awaits, __run, __ended)
                };
                ::spandrel::__private::resilience::rejectable::<
                    Result<u64, Error>,
                >(__value)
            },
            |__call, __result| {
                ::spandrel::__private::look!(__call, * __result);
            },
        )
        .await
}
