fn charge() -> Result<u64, Error> {
    let (__site, __policy) = {
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
                "",
            )
            .circuit_breaker(
                ::spandrel::__private::resilience::CircuitBreaker::new("payments")
                    .failure_rate(0.5)
                    .window(
                        ::spandrel::__private::resilience::Window::time(
                            ::core::time::Duration::from_nanos(60000000000),
                        ),
                    )
                    .min_calls(20)
                    .slow_call(::core::time::Duration::from_nanos(2000000000))
                    .slow_rate(0.8)
                    .consecutive(5)
                    .open_for(::core::time::Duration::from_nanos(30000000000))
                    .open_backoff(2.0)
                    .open_max(::core::time::Duration::from_nanos(300000000000))
                    .probes(3)
                    .half_open_rate(0.5)
                    .on_cancel(
                        ::spandrel::__private::resilience::OnCancel::FailureIfSlow,
                    )
                    .observe()
                    .shared(),
            );
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .policy(&__POLICY);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY)
    };
    let mut __run = ::spandrel::__private::begin!(
        SyncRun Only, __site, __policy, CIRCUIT_BREAKER
    );
    let __ended = __run
        .attempt(move || ::spandrel::__private::call_once::<
            Result<u64, Error>,
            _,
        >(move || { call() }));
    let __value = ::spandrel::__private::resilience::finish!(
        __run, __ended, ignore_if = | r | fine(r), failure_if = | r | bad(r)
    );
    ::spandrel::__private::resilience::rejected_as::<
        Result<u64, Error>,
    >(__value, |rejected| Err(rejected.into()))
}
