fn charge(id: u64) -> Result<u64, Error> {
    let (__site, __policy) = {
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::chaos!(
            ::spandrel::__private::resilience::Policy::new(""),
            ::spandrel::__private::resilience::Chaos::new("").fault(0.1)
            .latency(::core::time::Duration::from_nanos(50000000),
            ::core::time::Duration::from_nanos(2000000000)).latency_rate(0.5)
            .outcome_rate(0.2).seed(7).scoped()
        );
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .policy(&__POLICY);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY)
    };
    let __is_meant: bool = id == 7;
    let mut __run = ::spandrel::__private::begin!(
        SyncRun Waiting, __site, __policy, CHAOS
    )
        .chaos_when(__is_meant);
    let __ended = __run
        .attempt(move || ::spandrel::__private::call_once::<
            Result<u64, Error>,
            _,
        >(move || {
            ::spandrel::__private::resilience::outcome!(
                __policy, __is_meant, Err(Error::Busy)
            );
            { call() }
        }));
    let __value = ::spandrel::__private::resilience::finish!(__run, __ended);
    ::spandrel::__private::resilience::rejectable::<Result<u64, Error>>(__value)
}
