async fn charge(order: Order) -> Result<u64, Error> {
    let (__site, __policy) = {
        static __POLICY: ::my_spandrel::__private::resilience::Policy = ::my_spandrel::__private::resilience::Policy::new(
                "",
            )
            .retry(
                ::my_spandrel::__private::resilience::Retry::new("")
                    .max_attempts(4)
                    .backoff(
                        ::my_spandrel::__private::resilience::Backoff::exponential(
                                ::core::time::Duration::from_nanos(100000000),
                                ::core::time::Duration::from_nanos(10000000000),
                            )
                            .factor(1.5)
                            .jitter(::my_spandrel::__private::resilience::Jitter::Equal),
                    )
                    .max_elapsed(LIMIT)
                    .idempotent(false)
                    .retry_on(
                        ::my_spandrel::__private::resilience::RejectedKinds::CIRCUIT_OPEN
                            .or(
                                ::my_spandrel::__private::resilience::RejectedKinds::RATE_LIMITED,
                            ),
                    )
                    .budget(
                        ::my_spandrel::__private::resilience::RetryBudget::new(
                                "payments",
                            )
                            .share(0.1)
                            .reserve_per_second(5.0)
                            .window(::core::time::Duration::from_nanos(10000000000))
                            .shared(),
                    ),
            );
        static __SPANDREL: ::my_spandrel::__private::Site = ::my_spandrel::__private::Site::new(
                ::my_spandrel::__private::meta!("charge", 0),
            )
            .policy(&__POLICY);
        ::my_spandrel::__private::register!(__SPANDREL);
        (&__SPANDREL, &__POLICY)
    };
    let mut __run = ::my_spandrel::__private::begin!(Run Only, __site, __policy, RETRY);
    let mut __last = ::my_spandrel::__private::resilience::Last::NONE;
    let __value = loop {
        let order = ::core::clone::Clone::clone(&order);
        let __ended = __run
            .attempt(async {
                let order = order;
                if false {
                    return ::my_spandrel::__private::output::<Result<u64, Error>>();
                }
                { call(order).await }
            })
            .await;
        ::my_spandrel::__private::resilience::settle!(
            awaits, __run, __ended, last = __last, retry_if = | result | result.is_err(),
            retry_after = after
        )
    };
    ::my_spandrel::__private::resilience::accepted::<Result<u64, Error>>(__value)
}
