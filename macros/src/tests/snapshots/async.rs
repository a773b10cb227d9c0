async fn charge(id: u64) -> Result<u64, Error> {
    let __site = {
        static __SPANDREL: ::spandrel::__private::Site = ::spandrel::__private::Site::new(
                ::spandrel::__private::meta!("charge", 0),
            )
            .traced(::spandrel::__private::Traced::new());
        ::spandrel::__private::register!(__SPANDREL);
        &__SPANDREL
    };
    ::spandrel::__private::AsyncCall::start(__site, |__fields| __fields.none())
        .run(
            async move {
                if false {
                    return ::spandrel::__private::output::<Result<u64, Error>>();
                }
                { call(id).await }
            },
            |__call, __result| {
                ::spandrel::__private::look!(__call, * __result);
            },
        )
        .await
}
