async fn charge(tenant: &str) -> Result<u64, Error> {
    let (__site, __policy, __rate_limit) = {
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
            "",
        );
        ::spandrel::__private::resilience::shared_limit!(
            __RATE_LIMIT,
            ::spandrel::__private::resilience::RateLimiter::new(::core::concat!(::core::module_path!(),
            "::", "charge"), ::spandrel::__private::resilience::Rate::new(100,
            ::core::time::Duration::from_nanos(1000000000))).burst(5)
            .wait(::core::time::Duration::from_nanos(1000000000)), Closed
        );
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .policy(&__POLICY)
            .beside(&[("rate_limit", ::core::option::Option::Some(&__RATE_LIMIT))]);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY, &__RATE_LIMIT)
    };
    let __rate_limit = __rate_limit.ask_for(&(LINK), &(tenant));
    let __given = ::spandrel::__private::resilience::Given::new(__policy)
        .shared_limit(&__rate_limit);
    let mut __run = ::spandrel::__private::begin!(
        Run Waiting, __site, & __given, RATE_LIMIT
    );
    let __ended = __run
        .attempt(async move {
            if false {
                return ::spandrel::__private::output::<Result<u64, Error>>();
            }
            { call(tenant).await }
        })
        .await;
    let __value = ::spandrel::__private::resilience::finish!(__run, __ended);
    ::spandrel::__private::resilience::rejectable::<Result<u64, Error>>(__value)
}
