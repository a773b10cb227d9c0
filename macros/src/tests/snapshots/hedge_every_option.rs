async fn charge(order: Order) -> Result<u64, Error> {
    let (__site, __policy) = {
        #[retry(__witness)]
        const _: () = ::core::compile_error!(
            "`#[retry]` was taken for the one of spandrel, and it is not: import it (`use spandrel::retry;`), or write another crate's attribute under its path"
        );
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
                "",
            )
            .retry(::spandrel::__private::resilience::Retry::new("").max_attempts(2))
            .hedge(
                ::spandrel::__private::resilience::Hedge::new("")
                    .after(::core::time::Duration::from_nanos(50000000))
                    .max_attempts(3)
                    .budget(
                        ::spandrel::__private::resilience::RetryBudget::new("")
                            .share(0.1),
                    ),
            );
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .policy(&__POLICY);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY)
    };
    let mut __run = ::spandrel::__private::begin!(
        Run Only, __site, __policy, RETRY, HEDGE
    );
    let __value = loop {
        let __ended = __run
            .hedged(
                || {
                    let order = ::core::clone::Clone::clone(&order);
                    async {
                        let order = order;
                        if false {
                            return ::spandrel::__private::output::<Result<u64, Error>>();
                        }
                        { call(order).await }
                    }
                },
                |__ended| ::spandrel::__private::resilience::judge!(__run, * __ended),
            )
            .await;
        ::spandrel::__private::resilience::settle!(awaits, __run, __ended)
    };
    ::spandrel::__private::resilience::accepted::<Result<u64, Error>>(__value)
}
