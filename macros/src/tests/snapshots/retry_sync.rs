fn charge(order: Order) -> Result<u64, Error> {
    let (__site, __policy) = {
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
                "",
            )
            .retry(::spandrel::__private::resilience::Retry::new("").max_attempts(3));
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .policy(&__POLICY);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY)
    };
    let mut __run = ::spandrel::__private::begin!(SyncRun Only, __site, __policy, RETRY);
    let __value = loop {
        let order = ::core::clone::Clone::clone(&order);
        let __ended = __run
            .attempt(|| ::spandrel::__private::call_once::<
                Result<u64, Error>,
                _,
            >(|| {
                let order = order;
                { call(order) }
            }));
        ::spandrel::__private::resilience::settle!(blocks, __run, __ended)
    };
    ::spandrel::__private::resilience::accepted::<Result<u64, Error>>(__value)
}
