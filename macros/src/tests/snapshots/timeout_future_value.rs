fn charge(id: u64) -> impl Future<Output = Result<u64, Error>> {
    let (__site, __policy) = {
        #[traced(__witness)]
        const _: () = ::core::compile_error!(
            "`#[traced]` was taken for the one of spandrel, and it is not: import it (`use spandrel::traced;`), or write another crate's attribute under its path"
        );
        static __POLICY: ::spandrel::__private::resilience::Policy = ::spandrel::__private::resilience::Policy::new(
                "",
            )
            .timeout(
                ::spandrel::__private::resilience::Timeout::new("")
                    .attempt(::core::time::Duration::from_nanos(1000000000))
                    .total(::core::time::Duration::from_nanos(5000000000)),
            );
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .traced(::spandrel::__private::Traced::new())
            .policy(&__POLICY);
        ::spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY)
    };
    let __call = ::spandrel::__private::AsyncCall::start(
        __site,
        |__fields| __fields.none(),
    );
    let __future = ::spandrel::__private::call_once::<_, _>(move || { call(id) });
    __call
        .run(
            async move {
                let mut __run = ::spandrel::__private::begin!(
                    Run Timed, __site, __policy, TIMEOUT
                );
                let __ended = __run.attempt(__future).await;
                let __value = ::spandrel::__private::resilience::finish!(__run, __ended);
                ::spandrel::__private::resilience::rejectable::<
                    Result<u64, Error>,
                >(__value)
            },
            |__call, __result| {
                ::spandrel::__private::look!(__call, * __result);
            },
        )
}
