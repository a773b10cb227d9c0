fn charge(&mut self) -> Result<&mut u64, Error> {
    let (__site, __policy) = {
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
                "",
            )
            .circuit_breaker(::spandrel::__private::resilience::CircuitBreaker::new(""));
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
            Result<&mut u64, Error>,
            _,
        >(move || { self.call() }));
    let __value = ::spandrel::__private::resilience::finish!(__run, __ended);
    ::spandrel::__private::resilience::rejectable::<Result<&mut u64, Error>>(__value)
}
