async fn charge(&self) -> Result<u64, Error> {
    let (__site, __policy) = {
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
            "",
        );
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .policy(&__POLICY)
            .beside(&[("rate_limit", ::core::option::Option::None)]);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY)
    };
    let __given = ::spandrel::__private::resilience::Given::new(__policy)
        .rate_limit(&(self.limiter));
    let mut __run = ::spandrel::__private::begin!(
        Run Waiting, __site, & __given, RATE_LIMIT
    );
    let __ended = __run
        .attempt(async move {
            if false {
                return ::spandrel::__private::output::<Result<u64, Error>>();
            }
            { self.call().await }
        })
        .await;
    let __value = ::spandrel::__private::resilience::finish!(__run, __ended);
    ::spandrel::__private::resilience::rejectable::<Result<u64, Error>>(__value)
}
