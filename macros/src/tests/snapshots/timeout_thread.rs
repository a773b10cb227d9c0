fn charge(id: u64) -> Result<u64, Error> {
    let (__site, __policy) = {
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
                "",
            )
            .timeout(
                ::spandrel::__private::resilience::Timeout::new("")
                    .total(::core::time::Duration::from_nanos(2000000000)),
            );
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .policy(&__POLICY);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY)
    };
    let mut __run = ::spandrel::__private::begin!(
        SyncRun Timed, __site, __policy, TIMEOUT
    );
    let __ended = __run
        .attempt_on_thread(move || ::spandrel::__private::call_once::<
            Result<u64, Error>,
            _,
        >(move || { call(id) }));
    let __value = ::spandrel::__private::resilience::finish!(__run, __ended);
    ::spandrel::__private::resilience::rejectable::<Result<u64, Error>>(__value)
}
