async fn charge() -> Result<u64, Error> {
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
    let mut __run = ::spandrel::__private::begin!(Run Timed, __site, __policy, TIMEOUT);
    let __ended = __run
        .attempt(async move {
            if false {
                return ::spandrel::__private::output::<Result<u64, Error>>();
            }
            { call().await }
        })
        .await;
    let __value = ::spandrel::__private::resilience::finish!(__run, __ended);
    ::spandrel::__private::resilience::rejectable::<Result<u64, Error>>(__value)
}
