async fn charge(id: u64) -> u64 {
    let __site = {
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .timed(
                ::spandrel::__private::metered!(
                    ::spandrel::__private::Metered::new(& []).labels(& ["id"])
                ),
            );
        ::spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    ::spandrel::__private::AsyncCall::start(__site, |__fields| __fields.none())
        .labelled(__site, |__labels| __labels.find([&(id)]))
        .run(
            async move {
                if false {
                    return ::spandrel::__private::output::<u64>();
                }
                { call(id).await }
            },
            |__call, __result| {
                ::spandrel::__private::look!(__call, * __result);
            },
        )
        .await
}
