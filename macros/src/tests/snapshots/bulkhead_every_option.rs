async fn charge(host: &str) -> Result<u64, Error> {
    let (__site, __policy, __bulkhead) = {
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
            "",
        );
        static __BULKHEAD: ::spandrel::__private::resilience::Keyed<
            ::spandrel::__private::resilience::Bulkhead,
        > = ::spandrel::__private::resilience::Keyed::new(
                ::spandrel::__private::resilience::Bulkhead::new("", 10)
                    .queue(5)
                    .wait(::core::time::Duration::from_nanos(1000000000))
                    .adaptive(::spandrel::__private::resilience::Adaptive::aimd(1, 100)),
            )
            .of(&__SPANDREL)
            .max_keys(64);
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .policy(&__POLICY)
            .beside(&[("bulkhead", ::core::option::Option::Some(&__BULKHEAD))]);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY, &__BULKHEAD)
    };
    let __bulkhead = __bulkhead.get(&(host));
    let __given = ::spandrel::__private::resilience::Given::new(__policy)
        .bulkhead(&__bulkhead);
    let mut __run = ::spandrel::__private::begin!(
        Run Waiting, __site, & __given, BULKHEAD
    );
    let __ended = __run
        .attempt(async move {
            if false {
                return ::spandrel::__private::output::<Result<u64, Error>>();
            }
            { call(host).await }
        })
        .await;
    let __value = ::spandrel::__private::resilience::finish!(__run, __ended);
    ::spandrel::__private::resilience::rejectable::<Result<u64, Error>>(__value)
}
