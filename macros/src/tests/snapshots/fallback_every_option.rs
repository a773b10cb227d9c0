async fn charge(id: u64, name: &str) -> Result<u64, Error> {
    let (__site, __policy, __stale) = {
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
            "",
        );
        static __STALE: ::spandrel::__private::resilience::Stale = ::spandrel::__private::resilience::Stale::new(
            ::core::time::Duration::from_nanos(300000000000),
        );
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .policy(&__POLICY)
            .beside(&[("fallback", ::core::option::Option::None)]);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY, &__STALE)
    };
    let __value = ::spandrel::__private::resilience::caught(async {
            let mut __run = ::spandrel::__private::begin!(Run Only, __site, __policy);
            let __ended = __run
                .attempt(async {
                    if false {
                        return ::spandrel::__private::output::<Result<u64, Error>>();
                    }
                    { call(id, name).await }
                })
                .await;
            let __value = ::spandrel::__private::resilience::finish!(__run, __ended);
            __value
        })
        .await;
    let __value = ::spandrel::__private::resilience::on_panic!(
        __value; __site, __value => { let __value =
        ::spandrel::__private::resilience::stale!(__stale, __value; __site, & (name), on
        = ::spandrel::__private::resilience::RejectedKinds::CIRCUIT_OPEN
        .or(::spandrel::__private::resilience::RejectedKinds::TIMEOUT), when = | error |
        error.is_fatal()); let __value =
        ::spandrel::__private::resilience::fallback!(__value; __site, __failure =>
        ::spandrel::__private::resilience::answer!(cached(& id, name, __failure)) .
        await, on = ::spandrel::__private::resilience::RejectedKinds::CIRCUIT_OPEN
        .or(::spandrel::__private::resilience::RejectedKinds::TIMEOUT), when = | error |
        error.is_fatal()); __value }, __failure =>
        ::spandrel::__private::resilience::answer!(cached(& id, name, __failure)) . await
    );
    ::spandrel::__private::resilience::accepted::<Result<u64, Error>>(__value)
}
