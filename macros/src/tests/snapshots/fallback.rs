fn charge() -> u64 {
    let (__site, __policy) = {
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
            "",
        );
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .policy(&__POLICY)
            .beside(&[("fallback", ::core::option::Option::None)]);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY)
    };
    let mut __run = ::spandrel::__private::begin!(SyncRun Only, __site, __policy);
    let __ended = __run
        .attempt(|| ::spandrel::__private::call_once::<u64, _>(|| { call() }));
    let __value = ::spandrel::__private::resilience::finish!(__run, __ended);
    let __value = ::spandrel::__private::resilience::fallback!(
        __value; __site, value = 0
    );
    ::spandrel::__private::resilience::accepted::<u64>(__value)
}
