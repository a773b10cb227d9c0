async fn charge(id: u64) -> Result<u64, Error> {
    let (__site, __policy) = {
        #[retry(__witness)]
        const _: () = ::core::compile_error!(
            "`#[retry]` was taken for the one of spandrel, and it is not: import it (`use spandrel::retry;`), or write another crate's attribute under its path"
        );
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
                "",
            )
            .retry(::spandrel::__private::resilience::Retry::new(""));
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .policy(&__POLICY);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY)
    };
    let mut __run = ::spandrel::__private::begin!(Run Only, __site, __policy, RETRY);
    let __value = loop {
        let __ended = __run
            .attempt(async {
                if false {
                    return ::spandrel::__private::output::<Result<u64, Error>>();
                }
                {
                    ::spandrel::__private::testing::script!();
                    { call(id).await }
                }
            })
            .await;
        ::spandrel::__private::resilience::settle!(awaits, __run, __ended)
    };
    ::spandrel::__private::resilience::accepted::<Result<u64, Error>>(__value)
}
