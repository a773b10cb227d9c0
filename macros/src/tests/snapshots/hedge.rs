async fn charge(id: u64) -> Result<u64, Error> {
    let (__site, __policy) = {
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
                "",
            )
            .hedge(::spandrel::__private::resilience::Hedge::new("").after_p95());
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .policy(&__POLICY);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY)
    };
    let mut __run = ::spandrel::__private::begin!(Run Only, __site, __policy, HEDGE);
    let __value = loop {
        let __ended = __run
            .hedged(
                || async {
                    if false {
                        return ::spandrel::__private::output::<Result<u64, Error>>();
                    }
                    { call(id).await }
                },
                |__ended| ::spandrel::__private::resilience::judge!(__run, * __ended),
            )
            .await;
        ::spandrel::__private::resilience::settle!(awaits, __run, __ended)
    };
    ::spandrel::__private::resilience::accepted::<Result<u64, Error>>(__value)
}
