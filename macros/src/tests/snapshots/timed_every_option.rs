fn charge(id: u64) -> Result<u64, Error> {
    let __site = {
        #[timed(__witness)]
        const _: () = ::core::compile_error!(
            "`#[timed]` was taken for the one of spandrel, and it is not: import it (`use spandrel::timed;`), or write another crate's attribute under its path"
        );
        static __SPANDREL: ::my_spandrel::__private::Site = ::my_spandrel::__private::Site::new(
                ::my_spandrel::__private::meta!("charge", 0),
            )
            .traced(::my_spandrel::__private::Traced::new())
            .timed(
                ::my_spandrel::__private::metered!(
                    ::my_spandrel::__private::Metered::new(& [250000000u64,
                    ::my_spandrel::__private::nanos(SLOW)]).name("charge.duration")
                    .latency(& [0.99]).errors(0.999).slow().labels(& ["id",
                    "order.region"]).most_sets(10)
                ),
            );
        ::my_spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    let mut __call = ::my_spandrel::__private::Call::off();
    __call.begin(__site, |__fields| __fields.none());
    __call.labels(__site, |__labels| __labels.find([&(id), &(region(id))]));
    let __result = ::my_spandrel::__private::call_once::<
        Result<u64, Error>,
        _,
    >(move || { Ok(id) });
    ::my_spandrel::__private::look!(__call, __result);
    __call.finish();
    __result
}
